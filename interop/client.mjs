// SPDX-License-Identifier: AGPL-3.0-or-later

// A client that knows a handle and the standards, and nothing of Plenum: it finds the
// outbox by WebFinger, registers itself or names its own document, lets a member
// consent, posts, reads and forgets its tokens.

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Peer } from './lib/peer.mjs';
import { Browser, forms } from './lib/form.mjs';
import { Plenum } from './lib/plenum.mjs';
import { Tap } from './lib/tap.mjs';

const AS2 = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';
const t = new Tap();
const plenum = await Plenum.start({ coop: 'it_kollektiv', title: 'Client' });
const home = await new Promise((resolve) => { // where the client has its document and is sent back to
  const server = createServer((request, response) => {
    const doc = server.documents[request.url];
    response.writeHead(doc ? 200 : 404, { 'content-type': doc?.type ?? 'text/plain' }).end(doc ? JSON.stringify(doc.body) : '');
  }).listen(0, '127.0.0.1', () => resolve(Object.assign(server, { documents: {}, base: `http://127.0.0.1:${server.address().port}` })));
});
const redirect = `${home.base}/callback`;
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
let actor, server;

const json = async (response) => ({ status: response.status, headers: response.headers, body: await response.json().catch(() => null) });
const get = async (url, token) => json(await fetch(url, { headers: { accept: AS2, ...(token && { authorization: `Bearer ${token}` }) } }));
const form = async (url, fields, token) => json(await fetch(url, {
  method: 'POST', body: new URLSearchParams(fields), headers: token ? { authorization: `Bearer ${token}` } : {},
}));
const post = async (url, body, token, headers = {}) => json(await fetch(url, {
  method: 'POST', body: JSON.stringify(body), headers: { 'content-type': AS2, authorization: `Bearer ${token}`, ...headers },
}));

await t.part('a member', async () => {
  const invited = (await plenum.run('member', 'invite', '--coop', 'it_kollektiv', '--role', 'publisher')).match(/https?:\S+/)[0];
  const browser = new Browser();
  const page = await browser.open(invited);
  const [join] = forms(page.html).filter((f) => f.fields.some((x) => x.kind === 'password'));
  const values = {};
  for (const f of join.fields) {
    if (f.kind === 'password') values[f.name] = 'a long pass phrase of anna';
    else if (f.autocomplete === 'username') values[f.name] = 'anna';
    else if (f.autocomplete === 'name') values[f.name] = 'Anna';
  }
  const in_ = await browser.send(page, join, values);
  t.equal(in_.status, 200, 'an invitation is a page with a form; who fills it in is a member');
});

await t.part('discovery', async () => {
  const jrd = (await get(`${plenum.base}/.well-known/webfinger?resource=acct:it_kollektiv@${plenum.domain}`)).body;
  const id = jrd.links.find((l) => l.rel === 'self').href;
  actor = (await get(id)).body;
  t.equal(actor.id, id, 'WebFinger leads to the actor');
  const closed = await json(await fetch(actor.outbox, { method: 'POST', body: '{}', headers: { 'content-type': AS2 } }));
  const challenge = closed.headers.get('www-authenticate') ?? '';
  const [, metadata] = challenge.match(/resource_metadata="([^"]+)"/) ?? [];
  t.equal([closed.status, Boolean(metadata)], [401, true], 'the outbox says where to ask for a token (RFC 9728)');
  const resource = (await get(metadata)).body;
  const issuer = resource.authorization_servers[0];
  server = (await get(`${issuer}/.well-known/oauth-authorization-server`)).body;
  t.equal(server.issuer, issuer, 'the authorization server names itself (RFC 8414)');
  t.equal(server.code_challenge_methods_supported, ['S256'], 'it wants S256');
  t.equal([actor.endpoints.oauthAuthorizationEndpoint, actor.endpoints.oauthTokenEndpoint], [server.authorization_endpoint, server.token_endpoint], 'the actor names the same endpoints');
  t.ok(server.client_id_metadata_document_supported === true, 'it reads clients\' own documents');
  t.ok(server.authorization_response_iss_parameter_supported === true, 'it says who answers (RFC 9207)');
});

/** Lets anna sign in and consent; returns what the client is told. */
async function authorize(client, extra = {}, decide = 'allow') {
  const verifier = base64url(randomBytes(32));
  const state = base64url(randomBytes(9));
  const url = new URL(server.authorization_endpoint);
  for (const [k, v] of Object.entries({
    response_type: 'code', client_id: client.client_id, redirect_uri: client.redirect ?? redirect, scope: 'read write', state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...extra,
  })) url.searchParams.set(k, v);
  const browser = new Browser();
  let page = await browser.open(url);
  const [login] = forms(page.html).filter((f) => f.fields.some((x) => x.kind === 'password'));
  const values = {};
  for (const f of login.fields) {
    if (f.kind === 'password') values[f.name] = 'a long pass phrase of anna';
    else if (f.autocomplete?.startsWith('username')) values[f.name] = 'anna';
  }
  page = await browser.send(page, login, values);
  const [consent] = forms(page.html).filter((f) => new URL(f.action || page.url, page.url).pathname === new URL(server.authorization_endpoint).pathname);
  const done = await browser.send(page, consent, {}, consent.fields.find((f) => f.kind === 'button' && f.value === decide).value);
  const back = done.away?.searchParams ?? new URLSearchParams();
  return { page, away: done.away, verifier, answer: Object.fromEntries(back), stateKept: back.get('state') === state };
}

async function tokens(client, extra) {
  const { answer, verifier, stateKept, page } = await authorize(client, extra);
  t.ok(stateKept && answer.iss === server.issuer, 'the answer has the state and the issuer', answer);
  const r = await form(server.token_endpoint, {
    grant_type: 'authorization_code', code: answer.code, redirect_uri: client.redirect ?? redirect, client_id: client.client_id, code_verifier: verifier,
  });
  return { ...r, answer, verifier, page };
}

let client, token;
await t.part('a client that registers itself (RFC 7591)', async () => {
  const r = await json(await fetch(server.registration_endpoint, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Scripted <b>client</b>', redirect_uris: [redirect], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] }),
  }));
  client = r.body;
  t.equal(r.status, 201, 'it is registered');
  const got = await tokens(client);
  token = got.body;
  t.equal([got.status, token.token_type.toLowerCase(), token.me, got.headers.get('cache-control')], [200, 'bearer', actor.id, 'no-store'], 'the code brings a token, and says whose it is');
  t.ok(got.page.html.includes('it_kollektiv') && !got.page.html.includes('<b>client</b>'), 'the page names the co-op, and the client as text');
  const again = await form(server.token_endpoint, { grant_type: 'authorization_code', code: got.answer.code, redirect_uri: redirect, client_id: client.client_id, code_verifier: got.verifier });
  t.equal([again.status, again.body.error], [400, 'invalid_grant'], 'a code is good once');
  t.equal((await get(actor.inbox, token.access_token)).status, 401, 'and using it twice ends the tokens that it brought (RFC 9700)');
  token = (await tokens(client)).body;
});

await t.part('a client that is its document', async () => {
  home.documents['/client.json'] = { type: 'application/json', body: { client_id: `${home.base}/client.json`, client_name: 'A document', redirect_uris: [redirect], token_endpoint_auth_method: 'none' } };
  const got = await tokens({ client_id: `${home.base}/client.json` });
  t.equal([got.status, got.body?.me], [200, actor.id], 'metadata at the URL of its id are enough');
  home.documents['/client.jsonld'] = { type: AS2, body: { '@context': 'https://www.w3.org/ns/activitystreams', id: `${home.base}/client.jsonld`, type: 'Application', name: 'An object', redirectURI: redirect } };
  const object = await tokens({ client_id: `${home.base}/client.jsonld` });
  t.equal([object.status, object.body?.me], [200, actor.id], 'and so is an ActivityPub object (FEP-d8c2)');
  const denied = await authorize({ client_id: `${home.base}/client.json` }, {}, 'deny');
  t.equal(denied.answer.error, 'access_denied', 'who says no is sent back with that');
});

await t.part('the outbox', async () => {
  const bare = await post(actor.outbox, { type: 'Note', content: '<p>Doors open at six.</p>' }, token.access_token, { 'idempotency-key': 'one' });
  t.equal([bare.status, bare.headers.get('location') === bare.body?.id, bare.body?.type, bare.body?.actor], [201, true, 'Create', actor.id], 'an object is wrapped in a Create, which is the answer');
  const listed = (await get(actor.outbox)).body.orderedItems.map((item) => item.id ?? item);
  t.ok(listed.includes(bare.body.id), 'it is in the outbox', listed);
  const twice = await post(actor.outbox, { type: 'Note', content: '<p>Doors open at six.</p>' }, token.access_token, { 'idempotency-key': 'one' });
  t.equal(twice.headers.get('location'), bare.headers.get('location'), 'the same request again is the same post');
  const object = bare.body.object.id;
  const update = await post(actor.outbox, { type: 'Update', object: { id: object, content: '<p>Doors open at seven.</p>' } }, token.access_token);
  t.equal([update.status, (await get(object)).body.content.includes('seven')], [201, true], 'an Update changes what it names');
  const like = await post(actor.outbox, { type: 'Like', object }, token.access_token);
  t.equal([like.status, (await get(actor.liked)).body.totalItems], [201, 1], 'a Like is in liked');
  t.equal((await post(actor.outbox, { type: 'Undo', object: like.body.id }, token.access_token)).status, 201, 'and is taken back');
  t.equal((await get(actor.liked)).body.totalItems, 0, 'and is in liked no more');
  const asked = await post(actor.outbox, { type: 'Question', name: 'When?' }, token.access_token);
  t.equal([asked.status, asked.headers.get('content-type')], [400, 'application/problem+json'], 'a Question is refused in words');
  const gone = await post(actor.outbox, { type: 'Delete', object }, token.access_token);
  t.equal([gone.status, (await get(object)).status], [201, 410], 'a Delete leaves a Tombstone');
  t.equal((await get(actor.inbox)).body.totalItems, 0, 'a stranger sees an empty inbox');
  t.equal((await get(actor.inbox, token.access_token)).body.type, 'OrderedCollection', 'its owner reads it');
});

await t.part('uploadMedia', async () => {
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAM0lEQVR42m3CoREAIQADwasklbxEIpEvkUiKvLJoIDuLX2ocqXGmxpUa/9S4U+NJjTf1AzSKT4HACc8tAAAAAElFTkSuQmCC', 'base64');
  const body = new FormData();
  body.append('file', new Blob([png], { type: 'image/png' }), '../../poster.png');
  body.append('object', JSON.stringify({ type: 'Image', name: 'A poster', focalPoint: [0.2, -0.1] }));
  const up = await json(await fetch(actor.endpoints.uploadMedia, { method: 'POST', body, headers: { authorization: `Bearer ${token.access_token}` } }));
  t.equal([up.status, up.headers.get('location') === up.body?.id, up.body?.name, Boolean(up.body?.blurhash)], [201, true, 'A poster', true], 'a picture is an object with an id');
  const made = await post(actor.outbox, { type: 'Article', name: 'With a picture', content: '<p>Text</p>', image: up.body.id }, token.access_token);
  t.equal([made.status, made.body?.object?.image?.name], [201, 'A poster'], 'and a post shows it');
});

await t.part('proxyUrl', async () => {
  const peer = await Peer.start('rfc9421');
  const seen = await form(actor.endpoints.proxyUrl, { id: peer.actor }, token.access_token);
  t.equal([seen.status, seen.body?.id], [200, peer.actor], 'what stands elsewhere is read for the client');
  t.equal((await form(actor.endpoints.proxyUrl, { id: peer.actor })).status, 401, 'and for nobody without a token');
  const followed = await post(actor.outbox, { type: 'Follow', object: peer.actor }, token.access_token);
  t.equal(followed.status, 201, 'a Follow goes out');
  await peer.until('the Follow', () => peer.deliveries.some((d) => d.body.includes('"Follow"')) || undefined);
  await peer.stop?.();
});

await t.part('tokens end', async () => {
  const fresh = await form(server.token_endpoint, { grant_type: 'refresh_token', refresh_token: token.refresh_token, client_id: client.client_id });
  t.equal([fresh.status, fresh.body?.refresh_token !== token.refresh_token], [200, true], 'a refresh brings a new pair');
  const replay = await form(server.token_endpoint, { grant_type: 'refresh_token', refresh_token: token.refresh_token, client_id: client.client_id });
  t.equal([replay.status, replay.body.error], [400, 'invalid_grant'], 'the old one is good no more');
  t.equal((await get(actor.inbox, fresh.body.access_token)).status, 401, 'and whoever uses it again ends the family');
  const last = (await tokens(client)).body;
  const told = await form(server.introspection_endpoint, { token: last.access_token }, last.access_token);
  t.equal([told.body?.active, told.body?.me], [true, actor.id], 'introspection names the actor');
  await form(server.revocation_endpoint, { token: last.access_token, client_id: client.client_id });
  t.equal((await get(actor.inbox, last.access_token)).status, 401, 'what is revoked opens nothing');
});

home.close();
await plenum.stop();
process.exit(t.end());
