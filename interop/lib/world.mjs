// SPDX-License-Identifier: AGPL-3.0-or-later

// Two instances with something to look at: one with the posts of the 35C3 and a
// co-op that writes German, and another whose co-ops the first one follows.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Plenum } from './plenum.mjs';

const texts = {
  'about.md': 'Tech co-ops share this server. It stands for what Plenum shows; the addresses below are examples.\n',
  'imprint.md': 'Example Co-operative  \nExample Street 1, 12345 Example Town  \n\n[Write to us](mailto:hello@plenum.example).\n',
  'privacy.md': 'We keep no log of who reads these pages.\n\n## What we keep\n\n- what our co-ops publish;\n- who follows them, as long as they do.\n',
};

/** A local date some days from now. */
const inDays = (days) => new Date(Date.now() + days * 864e5).toISOString().slice(0, 10);

const german = () => `+++
kind = "talk"
title = "Wie gründen wir ein Tech-Kollektiv?"
slug = "wie-gruenden"
summary = "ein offener Abend über Rechtsformen, Löhne und die ersten Aufträge"
language = "de"
tags = ["tech-kollektive", "genossenschaft"]
start = ${inDays(18)}T19:00:00
end = ${inDays(18)}T21:30:00
timezone = "Europe/Berlin"
place = { name = "Werkhof Beispielstadt", address = "Beispielstraße 1, 12345 Beispielstadt" }
online = "https://treffen.example/gruenden"
speakers = [{ name = "Kollektiv Beispielstadt", url = "https://kollektiv.example/" }]
links = [{ name = "Der Raum und wie man hinkommt", url = "https://werkhof.example/", media_type = "text/html" }]
+++
Wer im Kollektiv arbeiten will, steht am Anfang vor denselben Fragen. Wir erzählen, wie wir sie
beantwortet haben, und wollen hören, wie andere es machen.

- Welche **Rechtsform** passt: Genossenschaft, GmbH oder Verein?
- Wie entscheiden wir, was wir verdienen?
- Woher kommen die ersten Aufträge, und welche nehmen wir nicht an?

Der Raum ist ohne Stufen zu erreichen. Eintritt frei.
`;

const cancelled = () => `+++
kind = "meetup"
title = "Treffen im Park"
slug = "treffen-im-park"
summary = "wird nachgeholt"
language = "de"
status = "cancelled"
start = ${inDays(30)}
timezone = "Europe/Berlin"
place = { name = "Stadtpark", address = "Beispielstadt" }
+++
Das Treffen fällt aus.
`;

const plain = `+++
kind = "report"
title = "A report with every kind of text"
slug = "every-kind-of-text"
summary = "What Markdown can say."
language = "en"
tags = ["tech-coops", "Straßenfest"]
original = "https://coop.example/reports/1"
+++
## A heading

A paragraph with *emphasis*, **importance**, \`code\` and [a link](https://coop.example/).

### A smaller heading

1. One
2. Two

> A quotation.

    a block of code that is longer than a narrow page is wide, and that does not make the page any wider
`;

/** Starts both. Ports are given for pictures, where the addresses can be read. */
export async function build({ ports = [] } = {}) {
  const here = await Plenum.start({ coop: 'it_kollektiv', title: 'Tech co-ops', contact: 'hello@plenum.example', port: ports[0], texts });
  const there = await Plenum.start({ coop: 'cotech', title: 'Elsewhere', port: ports[1] });
  await here.run('coop', 'set', 'it_kollektiv', '--title', 'IT-Kollektiv', '--summary',
    'A tech co-op from Germany. It organized the tech-coops assembly at the 35c3.', '--language', 'en', '--timezone', 'Europe/Berlin',
    '--field', 'Assembly=https://events.ccc.de/congress/2018/wiki/index.php/Assembly:IT-Kollektiv');
  await here.run('coop', 'add', 'beispielstadt', '--title', 'Kollektiv Beispielstadt', '--summary', 'Ein Kollektiv, das es nur hier gibt: als Beispiel.', '--language', 'de');
  await there.run('coop', 'set', 'cotech', '--title', 'A CoTech co-op', '--summary', 'One of the co-ops of CoTech.');
  await there.run('coop', 'add', 'komona', '--title', 'Komona assembly', '--summary', 'The Komona space at the congress.');
  for (const name of ['cotech', 'komona']) await here.run('following', 'add', `${there.base}/ap/coops/${name}`, '--coop', 'it_kollektiv');
  await holds('the follows are accepted', async () => (await here.list('following', 'list', '--coop', 'it_kollektiv')).filter((f) => f.state === 'accepted').length === 2);
  await here.postExamples();
  await here.postText('gruenden.md', german(), 'beispielstadt');
  await there.postExamples('cotech');
  await there.postExamples('komona', 'komona');
  await holds('both posts have arrived', async () => (await (await fetch(`${here.base}/network`)).text()).split('data-object=').length === 3);
  return { here, there };
}

/** Adds what no picture needs and every check wants: an event that is off, a long text, a post that is gone. */
export async function buildMore(here) {
  await here.postText('park.md', cancelled(), 'beispielstadt');
  await here.postText('text.md', plain, 'it_kollektiv');
  await here.postText('gone.md', plain.replace('every-kind-of-text', 'gone'), 'it_kollektiv');
  await here.run('post', 'delete', 'gone', '--coop', 'it_kollektiv');
}

async function holds(what, check) {
  for (let i = 0; i < 100; i++) {
    if (await check()) return;
    await sleep(100);
  }
  throw new Error(`waited in vain until ${what}`);
}

/** A server that knows one account and says where its people follow somebody. */
export async function homeServer() {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/jrd+json');
    response.end(JSON.stringify({
      subject: new URL(request.url, 'http://localhost').searchParams.get('resource'),
      links: [{ rel: 'http://ostatus.org/schema/1.0/subscribe', template: `http://${host}/authorize_interaction?uri={uri}` }],
    }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `localhost:${server.address().port}`;
  return { host, stop: () => server.close() };
}
