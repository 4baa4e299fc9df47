// SPDX-License-Identifier: AGPL-3.0-or-later

// activitypub-testing, the suite of socialweb.coop: what it asks of an actor and of
// its outbox. Each of its tests must pass, but for one that does not apply. It tests
// an actor; an actor has no likes and shares, so those two are asked of a post.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Plenum } from './lib/plenum.mjs';
import { Tap } from './lib/tap.mjs';

const exec = promisify(execFile);
const suite = 'node_modules/.bin/activitypub-testing';
const TESTS = 15;

/** Runs the suite's program and returns what it prints. */
async function run(...args) {
  try {
    return (await exec(process.execPath, [suite, ...args], { maxBuffer: 64 << 20 })).stdout;
  } catch (error) { // one test alone that fails
    if (error.stdout) return error.stdout;
    throw error;
  }
}

const t = new Tap();
const plenum = await Plenum.start({ coop: 'it_kollektiv', title: 'Conformance' });
const token = (await plenum.run('token', 'create', '--coop', 'it_kollektiv', '--name', 'suite')).trim();
const outcome = new Map();

await t.part('an actor and its outbox', async () => {
  const [post] = await plenum.postExamples();
  const lines = (await run('test', 'actor', plenum.actor, `--input.authorization=Bearer ${token}`)).split('\n').filter(Boolean);
  for (const a of lines.map((line) => JSON.parse(line))) {
    outcome.set(a.test.slug, { ...a.result, of: 'the actor' });
  }
  const object = await (await fetch(post.id, { headers: { accept: 'application/activity+json' } })).text();
  for (const slug of ['likes-collection-must-be-a-collection', 'shares-collection-must-be-a-collection']) {
    const a = JSON.parse(await run('run', 'test', `--slug=${slug}`, `--input.object=${object}`));
    outcome.set(slug, { ...a.result, of: 'a post' });
  }
});

// It posts an object without a type, which is no ActivityStreams, and wants it in the
// outbox if it is taken. client.mjs asks the same with a Note.
const REFUSED = 'outbox-post-server-adds-to-outbox-collection-checked-by-outbox-get';

t.equal(outcome.size, TESTS, `${TESTS} tests were run`);
for (const [slug, r] of [...outcome].toSorted()) {
  t.equal(r.outcome, slug === REFUSED ? 'inapplicable' : 'passed', `${slug} (${r.of})${r.info ? `: ${r.info}` : ''}`);
}
await plenum.stop();
process.exit(t.end());
