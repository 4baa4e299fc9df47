// SPDX-License-Identifier: AGPL-3.0-or-later

// A member in a real browser, driven from Go: browser/browser_test.go. Each step is
// a test. With --write, pictures of the pages for members are made anew.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { newFolder, root } from './lib/plenum.mjs';
import { Tap } from './lib/tap.mjs';

const t = new Tap();
const pictures = process.argv.includes('--write') ? join(root, 'docs/images') : newFolder('pictures');
const go = spawn('go', ['test', '-tags', 'browser', '-count=1', '-v', './interop/browser'], {
  cwd: root, env: { ...process.env, PICTURES: pictures, WRITE: process.argv.includes('--write') ? 'yes' : '' }, stdio: ['ignore', 'pipe', 'inherit'],
});
const said = [];
for await (const line of createInterface({ input: go.stdout })) {
  const step = /^ +--- (PASS|FAIL): TestMemberInABrowser\/(\S+)/.exec(line);
  if (step) t.ok(step[1] === 'PASS', step[2].replaceAll('_', ' '), said.join('\n'));
  else said.push(line);
}
const code = go.exitCode ?? (await new Promise((resolve) => go.once('exit', resolve)));
t.equal(code, 0, 'go test ends well');
process.exit(t.end());
