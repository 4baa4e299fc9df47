// SPDX-License-Identifier: AGPL-3.0-or-later

// Runs instances of Plenum as an operator does: with its commands, in a folder
// that is thrown away.

import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const binary = process.env.PLENUM ?? fail('PLENUM is not set: start this with interop/run.sh');

/** The root of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

function fail(message) {
  throw new Error(message);
}

/** A folder that is removed, and processes that are ended, however this program ends. */
const scratch = mkdtempSync(join(tmpdir(), 'plenum-interop-'));
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** A new folder inside the one that is removed at the end. */
export const newFolder = (name) => mkdtempSync(join(scratch, `${name}-`));

/** A port of this machine that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An instance for development, freshly set up with `plenum quickstart`. */
export class Plenum {
  #child;
  #ended;
  #log;

  /** Sets an instance up and runs it. texts are files beside its configuration, like imprint.md. */
  static async start({ coop, title, contact, port, texts = {} }) {
    port ??= await freePort();
    const p = new Plenum();
    p.domain = `localhost:${port}`;
    p.base = `http://${p.domain}`;
    p.coop = coop;
    p.actor = `${p.base}/ap/coops/${coop}`;
    p.folder = newFolder(coop.slice(0, 8));
    p.config = join(p.folder, 'plenum.toml');
    await exec(binary, ['quickstart', '--development', '--dir', p.folder, '--domain', p.domain, '--coop', coop]);
    const config = readFileSync(p.config, 'utf8')
      .replace(/^title = .*$/m, `title = ${JSON.stringify(title ?? p.domain)}`)
      .replace(/^contact = .*$/m, `contact = ${JSON.stringify(contact ?? '')}`);
    writeFileSync(p.config, config);
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(p.folder, name), text);
    await p.#serve();
    return p;
  }

  async #serve() {
    this.#log = join(this.folder, 'serve.log');
    const child = spawn(binary, ['serve', '--config', this.config], { stdio: ['ignore', 'pipe', openSync(this.#log, 'a')] });
    this.#child = child;
    running.add(child);
    this.#ended = new Promise((resolve) => child.once('exit', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code);
    }));
    let said = '';
    await new Promise((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (said.includes('plenum: listening on')) resolve();
      });
      this.#ended.then((code) => reject(new Error(`plenum serve ended with ${code}\n${this.log()}`)));
    });
  }

  /** Stops the instance as an operator does and returns its exit code. */
  stop() {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** What the instance has logged. */
  log() {
    return readFileSync(this.#log, 'utf8');
  }

  /** Runs a command of the instance's operator and returns what it prints. */
  async run(...args) {
    const { stdout } = await exec(binary, [...args, '--config', this.config], { maxBuffer: 16 << 20 });
    return stdout;
  }

  /** Runs a command with --json and returns its values, one for each line. */
  async list(...args) {
    const out = await this.run(...args, '--json');
    return out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  /** Publishes the posts of examples/35c3, and returns what `plenum post` says of each. */
  async postExamples(folder = '', coop = this.coop) {
    const dir = join(root, 'examples/35c3', folder);
    const names = folder ? [`${folder}.md`] : ['meetup-1.md', 'meetup-2.md', 'report.md', 'talk.md'];
    return this.list('post', ...names.map((name) => join(dir, name)), '--coop', coop);
  }

  /** Publishes a post that is given as text. */
  async postText(name, text, coop = this.coop) {
    const dir = join(this.folder, 'posts');
    mkdirSync(dir, { recursive: true });
    const file = join(dir, name);
    writeFileSync(file, text);
    const [done] = await this.list('post', file, '--coop', coop);
    return done;
  }
}
