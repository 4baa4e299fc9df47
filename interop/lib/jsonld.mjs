// SPDX-License-Identifier: AGPL-3.0-or-later

// Reads documents as JSON-LD, with the contexts that the repository keeps: nothing
// is fetched but the document.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import jsonld from 'jsonld';
import { root } from './plenum.mjs';

const vocabulary = join(root, 'activity/wirecheck/testdata/vocabulary');
const contexts = {
  'https://www.w3.org/ns/activitystreams': 'activitystreams.jsonld',
  'https://w3id.org/security/v1': 'security-v1.jsonld',
};

async function documentLoader(url) {
  if (!(url in contexts)) throw new Error(`${url} is a context that other servers would have to fetch`);
  return { documentUrl: url, contextUrl: null, document: JSON.parse(readFileSync(join(vocabulary, contexts[url]), 'utf8')) };
}

/** The members and types that no context defines: ActivityStreams makes blank nodes of them. */
function undefinedTerms(node) {
  if (Array.isArray(node)) return node.flatMap(undefinedTerms);
  if (node === null || typeof node !== 'object') return [];
  const here = [...Object.keys(node), ...[node['@type'] ?? []].flat()].filter((term) => term.startsWith('_:'));
  return [...here, ...Object.values(node).flatMap(undefinedTerms)];
}

/** Expands what is at a URL. meaningless is what of it no context defines. */
export async function expansion(url) {
  const response = await fetch(url, { headers: { accept: 'application/activity+json' } });
  const document = await response.json();
  try {
    const nodes = await jsonld.expand(document, { documentLoader, safe: true });
    return { type: document.type, nodes: nodes.length, meaningless: undefinedTerms(nodes) };
  } catch (error) { // safe: a member would have been dropped
    return { type: document.type, nodes: 0, meaningless: [error.details?.event ?? error] };
  }
}
