// SPDX-License-Identifier: AGPL-3.0-or-later

// A server of the fediverse that is built on Fedify and not on anything of ours.
// It has one account, listens on loopback, and keeps what arrives.

import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from '@fedify/fedify';
import { getKeyOwner, signRequest, verifyRequest } from '@fedify/fedify/sig';
import { Accept, Activity, Create, Endpoints, Follow, Note, Person, PUBLIC_COLLECTION, Undo } from '@fedify/fedify/vocab';
import { freePort } from './plenum.mjs';

/** How a request is signed, by its headers. */
function form(headers) {
  if (headers.has('signature-input')) return 'rfc9421';
  return headers.has('signature') ? 'cavage' : 'unsigned';
}

/** What this program has sent, whichever peer sent it: Fedify sends with fetch. */
const sent = [];
const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const note = { method: request.method, url: request.url, form: form(request.headers) };
  sent.push(note);
  const response = await realFetch(request);
  note.status = response.status;
  return response;
};

const ACCOUNT = 'peer';

/** One account on a server of its own. */
export class Peer extends EventEmitter {
  /** The activities that Fedify has verified and handed over, in order. */
  arrived = [];
  /** The requests to the inboxes: as they came, with Fedify's answer and our own look at the signature. */
  deliveries = [];
  /** The signed requests for documents. */
  fetches = [];
  /** Changes a body on its way in, as something between the servers could. */
  between = (body) => body;

  /** firstKnock is how Fedify signs at first: 'rfc9421' or 'draft-cavage-http-signatures-12'. */
  static async start(firstKnock) {
    const peer = new Peer();
    peer.host = `localhost:${await freePort()}`;
    peer.base = `http://${peer.host}`;
    peer.federation = createFederation({
      kv: new MemoryKvStore(), origin: peer.base, allowPrivateAddress: true, firstKnock, userAgent: 'interop-peer',
    });
    await peer.#describe();
    peer.server = http.createServer((req, res) => peer.#serve(req, res));
    peer.server.listen(Number(peer.host.split(':')[1]), '127.0.0.1');
    await once(peer.server, 'listening');
    return peer;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  get context() {
    return this.federation.createContext(new URL(this.base), undefined);
  }

  get actor() {
    return this.context.getActorUri(ACCOUNT).href;
  }

  async #describe() {
    const pairs = [await generateCryptoKeyPair('RSASSA-PKCS1-v1_5'), await generateCryptoKeyPair('Ed25519')];
    this.federation.setActorDispatcher('/users/{identifier}', async (ctx, identifier) => {
      if (identifier !== ACCOUNT) return null;
      const keys = await ctx.getActorKeyPairs(identifier);
      return new Person({
        id: ctx.getActorUri(identifier), url: ctx.getActorUri(identifier), preferredUsername: identifier, name: 'A peer',
        inbox: ctx.getInboxUri(identifier), endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
        followers: ctx.getFollowersUri(identifier),
        publicKey: keys[0].cryptographicKey, assertionMethods: keys.map((k) => k.multikey),
      });
    }).setKeyPairsDispatcher(() => pairs);
    this.federation.setFollowersDispatcher('/users/{identifier}/followers', () => ({ items: [] }));
    this.federation.setInboxListeners('/users/{identifier}/inbox', '/inbox')
      .setSharedKeyDispatcher(() => ({ identifier: ACCOUNT }))
      .on(Activity, (ctx, activity) => this.#take(ctx, activity));
  }

  async #take(ctx, activity) {
    if (activity instanceof Follow) {
      const follower = await activity.getActor(ctx);
      await ctx.sendActivity({ identifier: ACCOUNT }, follower, new Accept({
        id: new URL(`${this.base}/accepts/${this.arrived.length}`), actor: ctx.getActorUri(ACCOUNT), object: activity, to: follower.id,
      }), { immediate: true });
    }
    this.arrived.push(activity);
    this.emit('change');
  }

  async #serve(req, res) {
    try {
      const chunks = [];
      for await (const chunk of req) chunks.push(chunk);
      const whole = Buffer.concat(chunks);
      const headers = new Headers();
      for (let i = 0; i < req.rawHeaders.length; i += 2) headers.append(req.rawHeaders[i], req.rawHeaders[i + 1]);
      const body = req.method === 'POST' ? this.between(whole) : undefined;
      const request = new Request(new URL(req.url, this.base), { method: req.method, headers, body });
      const twin = request.clone();
      const response = await this.federation.fetch(request, { contextData: undefined });
      if (req.method === 'GET' && form(headers) !== 'unsigned') {
        this.fetches.push({ path: req.url, ...await this.#signer(twin) });
      }
      if (req.method === 'POST') {
        this.deliveries.push({ path: req.url, raw: req.rawHeaders, body: whole, form: form(headers), status: response.status, ...await this.#signer(twin) });
        this.emit('change');
      }
      res.writeHead(response.status, Object.fromEntries(response.headers));
      res.end(Buffer.from(await response.arrayBuffer()));
    } catch (error) {
      console.error(error);
      res.writeHead(500);
      res.end();
    }
  }

  /** Whose signature a request bears, by Fedify's functions for that alone. */
  async #signer(request) {
    const loaders = { documentLoader: this.context.documentLoader, contextLoader: this.context.contextLoader };
    const key = await verifyRequest(request, loaders);
    const owner = key && await getKeyOwner(key, loaders);
    return { signer: owner?.id.href ?? null };
  }

  /** Waits until what find returns is not undefined, and returns that. */
  async until(what, find, seconds = 30) {
    const deadline = AbortSignal.timeout(seconds * 1000);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      try {
        await once(this, 'change', { signal: deadline });
      } catch {
        throw new Error(`waited ${seconds} seconds in vain for ${what}`);
      }
    }
  }

  /** Waits for an activity that fits. */
  arrival(what, fits) {
    return this.until(what, () => this.arrived.find(fits));
  }

  /** Waits for the request that brought an activity and was taken. */
  delivery(activity) {
    const id = `"id":"${activity.id.href}"`;
    return this.until('the end of a delivery', () => this.deliveries.find((d) => d.status === 202 && d.body.includes(id)));
  }

  /** Reads what is at a URL as Fedify does, with our signature. null where there is nothing. */
  async lookup(url) {
    return this.context.lookupObject(url, { documentLoader: await this.context.getDocumentLoader({ identifier: ACCOUNT }) });
  }

  /** Sends an activity and returns the requests that it took. */
  async send(recipient, activity) {
    const before = sent.length;
    const error = await this.context.sendActivity({ identifier: ACCOUNT }, recipient, activity, { immediate: true }).then(() => null, (e) => e);
    return { posts: sent.slice(before).filter((s) => s.method === 'POST'), error };
  }

  /** Follows an actor. */
  async follow(actor) {
    const follow = new Follow({ id: new URL(`${this.base}/follows/1`), actor: new URL(this.actor), object: actor.id, to: actor.id });
    return { follow, ...await this.send(actor, follow) };
  }

  /** Takes a Follow back. */
  unfollow(actor, follow) {
    return this.send(actor, new Undo({ id: new URL(`${follow.id.href}#undo`), actor: follow.actorId, object: follow, to: actor.id }));
  }

  /** Publishes a note to an actor that follows this one. */
  publish(actor, text) {
    const id = new URL(`${this.base}/notes/${this.arrived.length + 1}`);
    const note = new Note({
      id, attribution: new URL(this.actor), to: PUBLIC_COLLECTION, cc: this.context.getFollowersUri(ACCOUNT),
      content: `<p>${text}</p>`, url: id,
    });
    return this.send(actor, new Create({
      id: new URL(`${id.href}#create`), actor: new URL(this.actor), object: note, to: PUBLIC_COLLECTION, cc: this.context.getFollowersUri(ACCOUNT),
    }));
  }

  /** A request to an inbox with Fedify's signature, in one of its two forms. */
  async signed(inbox, activity, spec) {
    const [pair] = await this.context.getActorKeyPairs(ACCOUNT);
    const body = JSON.stringify(await activity.toJsonLd({ contextLoader: this.context.contextLoader }));
    const headers = { 'content-type': 'application/activity+json' };
    const request = await signRequest(new Request(inbox, { method: 'POST', headers, body }), pair.privateKey, pair.keyId, { spec, body: new TextEncoder().encode(body).buffer });
    return { url: inbox, headers: Object.fromEntries(request.headers), body };
  }
}

/** Sends bytes as they are, with headers that fetch would not let through. Returns the status. */
export async function raw(url, headers, body) {
  const request = http.request(url, { method: 'POST', headers });
  request.end(body);
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}
