// SPDX-License-Identifier: AGPL-3.0-or-later

// A follower that none of us wrote: a server built on Fedify follows a co-op of a
// freshly made instance, verifies what it is sent, refuses what was changed on
// the way, and is verified in turn.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseNodeInfo } from '@fedify/fedify/nodeinfo';
import { Accept, Application, Article, Create, Delete, Event, Follow, Group, Note, OrderedCollection, Place, Tombstone, Undo, Update } from '@fedify/fedify/vocab';
import { expansion } from './lib/jsonld.mjs';
import { Peer, raw } from './lib/peer.mjs';
import { Plenum, root } from './lib/plenum.mjs';
import { Tap } from './lib/tap.mjs';

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const t = new Tap();
const plenum = await Plenum.start({ coop: 'it_kollektiv', title: 'Interop' });
const peer = await Peer.start('rfc9421');
const old = await Peer.start('draft-cavage-http-signatures-12');
let coop, followed, followedByOld, posts;

await t.part('discovery', async () => {
  const jrd = await peer.context.lookupWebFinger(plenum.actor);
  t.equal(jrd?.subject, `acct:it_kollektiv@${plenum.domain}`, 'WebFinger by the id of the actor');
  const info = await nodeInfo(plenum.base);
  t.equal([info.software.name, info.protocols], ['plenum', ['activitypub']], 'NodeInfo, read strictly');
  coop = await peer.lookup(plenum.actor);
  t.ok(coop instanceof Group, 'the co-op is a Group', coop);
  t.equal([coop.preferredUsername, coop.id.href], ['it_kollektiv', plenum.actor], 'it has its name and its id');
  t.equal([coop.inboxId.href, coop.endpoints.sharedInbox.href], [`${plenum.actor}/inbox`, `${plenum.base}/ap/inbox`], 'it has an inbox, and a shared one');
  t.equal((await coop.getPublicKey())?.ownerId?.href, plenum.actor, 'its key is its own');
  t.equal((await peer.lookup(`${plenum.base}/@it_kollektiv`))?.id?.href, plenum.actor, 'its page leads to it');
  t.ok(await peer.lookup(`${plenum.base}/ap/actor`) instanceof Application, 'the instance actor is an Application');
});

/** NodeInfo, found as servers find it and read by Fedify as strictly as it can. */
async function nodeInfo(base) {
  const { links } = await (await fetch(`${base}/.well-known/nodeinfo`)).json();
  return parseNodeInfo(await (await fetch(links[0].href)).json());
}

/** Follows the co-op as from and checks the question and the answer. */
async function follows(from, form) {
  const { follow, posts: requests, error } = await from.follow(coop);
  t.equal([error, requests.map((r) => [r.form, r.status])], [null, [[form, 202]]], `a Follow that is signed with ${form} is taken at the first knock`);
  const accept = await from.arrival('the Accept', (a) => a instanceof Accept);
  t.equal([accept.actorId.href, accept.objectId.href], [plenum.actor, follow.id.href], 'the co-op accepts this very Follow');
  const object = await accept.getObject({ crossOrigin: "trust" });
  t.ok(object instanceof Follow && object.actorId.href === from.actor, 'the Accept repeats the Follow', object);
  const delivery = await from.delivery(accept);
  t.equal([delivery.signer, delivery.form, delivery.status], [plenum.actor, 'cavage', 202], 'the Accept is signed by the co-op');
  return follow;
}

await t.part('following', async () => {
  followed = await follows(peer, 'rfc9421');
  followedByOld = await follows(old, 'cavage');
  t.equal(peer.fetches[0], { path: '/users/peer', signer: `${plenum.base}/ap/actor` }, 'the instance actor signs what we ask for');
  const list = await plenum.list('follower', 'list');
  t.equal(list.map((f) => [f.actor, f.state]).toSorted(), [[peer.actor, 'accepted'], [old.actor, 'accepted']].toSorted(), 'plenum follower list names both');
});

await t.part('posts arrive', async () => {
  posts = await plenum.postExamples();
  t.equal(posts.length, 4, 'four posts are published');
  for (const from of [peer, old]) {
    await from.until('four posts', () => from.arrived.filter((a) => a instanceof Create).length >= 4 || undefined);
    const creates = from.arrived.filter((a) => a instanceof Create);
    t.equal(creates.map((c) => c.objectId.href).toSorted(), posts.map((p) => p.id).toSorted(), 'each is sent once');
    const deliveries = await Promise.all(creates.map((c) => from.delivery(c)));
    t.equal(deliveries.map((d) => [d.signer, d.status]), posts.map(() => [plenum.actor, 202]), 'each is signed by the co-op, and Fedify takes it');
  }
  for (const create of peer.arrived.filter((a) => a instanceof Create)) {
    const object = await create.getObject();
    const report = object.id.pathname.startsWith('/ap/reports/');
    t.ok(object instanceof (report ? Article : Event), `“${object.name}” is an ${report ? 'Article' : 'Event'}`, object);
    t.equal([object.attributionId.href, create.actorId.href], [plenum.actor, plenum.actor], 'it is by the co-op');
    t.equal([object.toIds.map(String), create.toIds.map(String)], [[PUBLIC], [PUBLIC]], 'it is for everybody');
    if (!report) {
      t.ok(await object.getLocation() instanceof Place, 'it has one place', await object.getLocation());
    }
  }
});

await t.part('objects by their ids', async () => {
  const by = Object.fromEntries(posts.map((p) => [p.slug, p.id]));
  const report = await peer.lookup(by['tech-coops-at-35c3-report']);
  t.ok(report instanceof Article, 'the report is an Article');
  t.equal(String(report.name), 'Tech-Coops at 35c3: Report and talk', 'it has its title');
  t.ok(String(report.content).includes('inside the Komona space'), 'it has its text');
  const talk = await peer.lookup(by['no-masters-no-slave']);
  t.ok(talk instanceof Event, 'the talk is an Event');
  t.equal([String(talk.startTime), String(talk.endTime)], ['2018-12-28T23:00:00Z', '2018-12-29T22:59:59Z'], 'it lasts the 29th of December 2018 in Leipzig');
  t.equal(String((await talk.getLocation()).name), 'Komona space at the 35C3', 'it has its place');
  t.equal((await peer.lookup(`${plenum.base}/@it_kollektiv/no-masters-no-slave`))?.id.href, talk.id.href, 'its page leads to it');
  const activities = peer.arrived.filter((a) => a instanceof Create || a instanceof Accept);
  for (const a of activities) {
    const there = await peer.lookup(a.id.href);
    t.ok(there?.constructor === a.constructor && there.id.href === a.id.href, `${a.id.pathname} answers with the ${a.constructor.name}`, there);
  }
});

await t.part('collections', async () => {
  const outbox = await coop.getOutbox();
  t.ok(outbox instanceof OrderedCollection, 'the outbox is an OrderedCollection', outbox);
  t.equal(outbox.totalItems, 4, 'it counts four');
  const seen = [];
  for await (const item of peer.context.traverseCollection(outbox, { documentLoader: peer.context.documentLoader })) seen.push(item);
  t.equal(seen.map((s) => [s.constructor.name, s.objectId?.href]), posts.toReversed().map((p) => ['Create', p.id]), 'it holds a Create of each post, the newest first');
  t.equal((await coop.getFollowers())?.totalItems, 2, 'the followers are counted');
  for (const name of ['following', 'featured', 'upcoming', 'inbox']) {
    t.ok(await peer.lookup(`${plenum.actor}/${name}`) instanceof OrderedCollection, `${name} is an OrderedCollection`);
  }
});

await t.part('what is changed on the way is refused', async () => {
  const { path, raw: headers, body } = peer.deliveries.find((d) => d.body.includes('"Create"'));
  const url = peer.base + path;
  const arrived = peer.arrived.length;
  const changed = (name, value) => headers.map((h, i) => (i % 2 === 1 && headers[i - 1].toLowerCase() === name ? value(h) : h));
  const flip = (s, i) => s.slice(0, i) + (s[i] === 'A' ? 'B' : 'A') + s.slice(i + 1);
  const one = Buffer.from(body);
  one[one.indexOf('Tech')] = 'D'.charCodeAt(0);
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', one)).toString('base64');
  t.equal(await raw(url, headers, body), 202, 'the same bytes again are taken');
  t.equal(await raw(url, headers, one), 401, 'one byte of the body changed: 401');
  t.equal(await raw(url, changed('digest', () => `SHA-256=${digest}`), one), 401, 'the digest changed with it: 401');
  t.equal(await raw(url, changed('signature', (s) => flip(s, s.indexOf('signature="') + 20)), body), 401, 'the signature changed: 401');
  t.equal(await raw(url, changed('date', (d) => new Date(Date.parse(d) + 1000).toUTCString()), body), 401, 'a second later: 401');
  t.equal(await raw(peer.base + (path === '/inbox' ? '/users/peer/inbox' : '/inbox'), headers, body), 401, 'another inbox than the one it was signed for: 401');
  t.equal(peer.arrived.length, arrived, 'Fedify hands none of them over');
});

await t.part('the second knock', async () => {
  const text = readFileSync(join(root, 'examples/35c3/report.md'), 'utf8');
  const by9421 = (d) => d.raw.some((h) => h.toLowerCase() === 'signature-input');
  let knocks = 0;
  peer.between = (body) => (knocks++ === 0 ? Buffer.from(String(body).replace('Leipzig', 'Dresden')) : body);
  for (const [words, what] of [['Two meetups, and a talk', 'refused once, it comes again at once'], ['Meetups and a talk', 'the next one comes so at the first knock']]) {
    const before = peer.arrived.length;
    await plenum.postText('report.md', text.replace('Two meetups and a talk', words));
    const update = await peer.until(what, () => peer.arrived.slice(before).find((a) => a instanceof Update));
    const last = await peer.delivery(update);
    t.equal([by9421(last), last.signer, last.status], [true, plenum.actor, 202], `${what}, signed by RFC 9421, and Fedify takes it`);
  }
  t.equal(knocks, 3, 'in three requests');
  peer.between = (body) => body;
});

await t.part('an Update, changed on the way and sent again', async () => {
  peer.between = (body) => Buffer.from(String(body).replace('Leipzig', 'Dresden'));
  const text = readFileSync(join(root, 'examples/35c3/report.md'), 'utf8').replace('Two meetups and a talk', 'The two meetups and the talk');
  const before = peer.deliveries.length;
  const [arrived, arrivedOld] = [peer.arrived.length, old.arrived.length];
  await plenum.postText('report.md', text);
  const refused = await peer.until('the changed Update, signed in two ways', () => peer.deliveries[before + 1] && peer.deliveries.slice(before));
  t.equal(refused.map((d) => [d.signer, d.status, d.raw.some((h) => h.toLowerCase() === 'signature-input')]), [[null, 401, true], [null, 401, false]],
    'changed between the servers: 401, and 401 again for the same activity signed in the other form');
  await old.until('the Update', () => old.arrived.slice(arrivedOld).find((a) => a instanceof Update));
  peer.between = (body) => body;
  const waiting = await settled((d) => d.state === 'waiting');
  t.equal([waiting.type, waiting.results.map((r) => r.status)], ['Update', [401]], 'plenum queue list says why it waits');
  await plenum.run('queue', 'retry', '--host', peer.host);
  const update = await peer.until('the Update', () => peer.arrived.slice(arrived).find((a) => a instanceof Update));
  const last = await peer.delivery(update);
  t.equal([last.signer, last.status], [plenum.actor, 202], 'sent again and not changed, it is taken');
  const object = await update.getObject();
  t.ok(object instanceof Article && String(object.content).includes('The two meetups and the talk'), 'it carries the new text', object);
});

/** The delivery to the peer that fits, once the queue has written down what came of it. */
async function settled(fits) {
  for (let i = 0; i < 50; i++) {
    const found = (await plenum.list('queue', 'list', '--host', peer.host)).find((d) => fits(d) && d.results?.length > 0);
    if (found) return found;
    await sleep(100);
  }
  throw new Error('no such delivery in the queue');
}

await t.part('a Delete', async () => {
  const { id } = posts.find((p) => p.slug === 'first-tech-coops-meetup-at-35c3');
  await plenum.run('post', 'delete', 'first-tech-coops-meetup-at-35c3');
  const gone = await peer.arrival('the Delete', (a) => a instanceof Delete);
  const object = await gone.getObject();
  t.ok(object instanceof Tombstone && object.id.href === id, 'it names the Tombstone of the meetup', object);
  const answer = await fetch(id, { headers: { accept: 'application/activity+json' } });
  t.equal([answer.status, (await answer.json()).type], [410, 'Tombstone'], 'the id answers 410 with it');
});

await t.part('requests of a stranger', async () => {
  for (const spec of ['rfc9421', 'draft-cavage-http-signatures-12']) {
    const activity = new Note({ id: new URL(`${peer.base}/flags/${spec}`) });
    const like = new Undo({ id: new URL(`${peer.base}/undo/${spec}`), actor: new URL(peer.actor), object: activity });
    const good = await peer.signed(`${plenum.actor}/inbox`, like, spec);
    t.equal(await raw(good.url, good.headers, good.body), 202, `${spec}: signed by Fedify, taken by us`);
    t.equal(await raw(good.url, good.headers, good.body.replace('/undo/', '/undO/')), 401, `${spec}: one byte of the body changed: 401`);
    t.equal(await raw(`${plenum.base}/ap/inbox`, good.headers, good.body), 401, `${spec}: another inbox: 401`);
    const cut = { ...good.headers };
    delete cut[spec === 'rfc9421' ? 'content-digest' : 'digest'];
    t.equal(await raw(good.url, cut, good.body), 401, `${spec}: without its digest: 401`);
  }
});

await t.part('we follow', async () => {
  await plenum.run('following', 'add', peer.actor);
  const follow = await peer.arrival('our Follow', (a) => a instanceof Follow);
  t.equal([follow.actorId.href, follow.objectId.href], [plenum.actor, peer.actor], 'the co-op follows the peer');
  const followings = await plenum.list('following', 'list');
  t.equal(followings.map((f) => [f.actor, f.state]), [[peer.actor, 'accepted']], 'its Accept, signed by Fedify, is verified');
  const { posts: requests } = await peer.publish(coop, 'Hello from a server that none of us wrote.');
  t.equal(requests.map((r) => [r.form, r.status]), [['rfc9421', 202]], 'what it publishes is taken');
  const page = await (await fetch(`${plenum.base}/network`)).text();
  t.ok(page.includes(`data-object="${peer.base}/notes/`), 'and stands on the page of what the network says', page);
});

await t.part('JSON-LD', async () => {
  const ids = [plenum.actor, `${plenum.base}/ap/actor`, `${plenum.actor}/outbox`, `${plenum.actor}/followers`, ...posts.map((p) => p.id),
    ...peer.arrived.filter((a) => a.id.href.startsWith(plenum.base)).map((a) => a.id.href)];
  for (const id of ids) {
    const { type, nodes, meaningless } = await expansion(id);
    t.equal([nodes, meaningless], [1, []], `${new URL(id).pathname} (${type}): every member has a meaning`);
  }
});

await t.part('unfollowing', async () => {
  for (const [from, follow] of [[peer, followed], [old, followedByOld]]) {
    const { posts: requests } = await from.unfollow(coop, follow);
    t.equal(requests.map((r) => r.status), [202], 'the Undo is taken at the first knock');
  }
  t.equal(await plenum.list('follower', 'list'), [], 'nobody follows any more');
  const before = (await plenum.list('queue', 'list')).length;
  const last = await plenum.postText('last.md', '+++\nkind = "report"\ntitle = "To nobody"\nsummary = "Nobody follows."\n+++\nNobody is told.\n');
  t.equal((await plenum.list('queue', 'list')).length, before, 'and nothing is sent to anybody');
  t.ok(await peer.lookup(last.id) instanceof Article, 'it can be read all the same');
});

t.equal(await plenum.stop(), 0, 'plenum stops cleanly');
t.ok(!plenum.log().includes('"level":"ERROR"'), 'its log has no error', plenum.log());
peer.stop();
old.stop();
process.exit(t.end());
