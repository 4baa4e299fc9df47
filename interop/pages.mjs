// SPDX-License-Identifier: AGPL-3.0-or-later

// Every page in Chromium, narrow and wide, light and dark: axe-core finds nothing
// wrong with it, nothing sticks out, nothing is asked of another host. Its HTML is
// valid, its links lead somewhere, and the calendars are calendars.
// With --write, pictures of the pages that the documentation shows are made anew.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileSystemConfigLoader, HtmlValidate } from 'html-validate';
import { dress, launch, looks, overflow, violations, watch } from './lib/browser.mjs';
import { problems } from './lib/calendar.mjs';
import { visitMembers } from './lib/members.mjs';
import { root } from './lib/plenum.mjs';
import { Tap } from './lib/tap.mjs';
import { build, buildMore, homeServer } from './lib/world.mjs';

const write = process.argv.includes('--write');
const t = new Tap();
const { here, there } = await build(write ? { ports: [8080, 8081] } : {});
const home = await homeServer();
const html = new HtmlValidate(new FileSystemConfigLoader(JSON.parse(readFileSync(new URL('.htmlvalidate.json', import.meta.url), 'utf8'))));

/** The pages of the documentation, and how high their pictures are. */
const pictures = {
  home: ['/', 1000, 900],
  coop: ['/@it_kollektiv', 900, 900],
  report: ['/@it_kollektiv/tech-coops-at-35c3-report', 900, 900],
  talk: ['/@it_kollektiv/no-masters-no-slave', 900, 900],
  network: ['/network', 700, 800],
};

/** Makes the pictures anew. */
async function picture() {
  const folder = join(root, 'docs/images');
  mkdirSync(folder, { recursive: true });
  const browser = await launch({ fonts: fileURLToPath(new URL('fonts.conf', import.meta.url)) });
  const page = await browser.newPage();
  let bytes = 0;
  for (const [name, [path, wide, narrow]] of Object.entries(pictures)) {
    await page.goto(here.base + path);
    for (const look of looks) {
      await dress(page, look, look.width > 700 ? wide : narrow);
      const png = await page.screenshot();
      writeFileSync(join(folder, `${name}-${look.name}.png`), png);
      bytes += png.length;
    }
  }
  await browser.close();
  t.ok(bytes < 2.5e6, `the pictures have ${Math.round(bytes / 1000)} kB, of 2500`);
}

if (write) await t.part('pictures', picture);
await buildMore(here);
const browser = await launch();

/** What there is to look at: a path, the status, and what else is done first. */
const english = [
  ['home', '/'],
  ['a co-op', '/@it_kollektiv'],
  ['a co-op that writes German', '/@beispielstadt'],
  ['a report', '/@it_kollektiv/tech-coops-at-35c3-report'],
  ['a long text', '/@it_kollektiv/every-kind-of-text'],
  ['a meetup', '/@it_kollektiv/second-tech-coops-meetup-at-35c3'],
  ['a talk', '/@it_kollektiv/no-masters-no-slave'],
  ['a German talk', '/@beispielstadt/wie-gruenden'],
  ['an event that is off', '/@beispielstadt/treffen-im-park'],
  ['the network', '/network'],
  ['about, imprint and privacy', '/about'],
  ['a tag', '/tags/tech-coops'],
  ['nothing', '/@it_kollektiv/there-is-no-such-post', 404],
  ['what is gone', '/@it_kollektiv/gone', 404],
];
const german = [['home', '/'], ['a talk', '/@beispielstadt/wie-gruenden'], ['nothing', '/nichts', 404]];
const links = new Set();

/** Looks at the page that page.goto or a form has led to. Links of the pages inside lead members on, and others to the door. */
async function look(page, seen, name, response, status, inside = false) {
  t.equal(response.status(), status, `${name}: ${status}`);
  const report = await html.validateString(await response.text(), `${name}.html`);
  t.equal(report.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.message} (${m.ruleId})`)), [], `${name}: valid HTML`);
  for (const how of looks) {
    await dress(page, how);
    t.equal([await violations(page), await overflow(page)], [[], 0], `${name}, ${how.name}: axe-core finds nothing, nothing sticks out`);
  }
  if (!inside) for (const href of await page.$$eval('[href], [src]', (all) => all.map((e) => e.href || e.src))) links.add(href.split('#')[0]);
  const expected = status === 200 ? [] : [`Failed to load resource: the server responded with a status of ${status}`];
  t.equal([seen.foreign, seen.complaints.filter((c) => !expected.some((e) => c.startsWith(e)))], [[], []], `${name}: nothing is asked of other hosts, the console is quiet`);
}

async function visit(context, base, list) {
  for (const [name, path, status = 200] of list) {
    await t.part(`${name}: ${path}`, async () => {
      const page = await context.newPage();
      const seen = watch(page, base);
      await look(page, seen, name, await page.goto(base + path), status);
      await page.close();
    });
  }
}

await visit(browser, here.base, english);
await visit(browser, there.base, [['a network that is empty', '/network'], ['an instance with nothing ahead', '/']]);

await t.part('in German', async () => {
  await browser.setExtraHTTPHeaders({ 'accept-language': 'de' });
  await visit(browser, here.base, german.map(([name, ...rest]) => [`in German, ${name}`, ...rest]));
  await browser.setExtraHTTPHeaders({});
});

await here.run('member', 'add', 'anna', '--name', 'Anna Arbeiterin', '--coop', here.coop, '--role', 'admin');
await visitMembers(browser, here, t, look, 'English');
await browser.setExtraHTTPHeaders({ 'accept-language': 'de' });
await visitMembers(browser, here, t, look, 'German');
await browser.setExtraHTTPHeaders({});
await browser.clearCookies();

for (const [name, handle, words] of [
  ['no address', 'not an address', 'is not an address'],
  ['an account whose server answers', `me@${home.host}`, 'Continue on'],
  ['a server that is down', 'me@localhost:1', 'did not answer'],
]) {
  await t.part(`follow: ${name}`, async () => {
    const page = await browser.newPage();
    const seen = watch(page, here.base);
    await page.goto(`${here.base}/@it_kollektiv`);
    await page.getByLabel('Your address').fill(handle);
    const [response] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/follow')), page.keyboard.press('Enter')]);
    await page.waitForLoadState();
    t.ok((await page.textContent('main')).includes(words), `follow: ${name}: “${words}”`);
    await look(page, seen, `follow, ${name}`, response, 200);
    await page.close();
  });
}

await t.part('with the keyboard alone', async () => {
  const page = await browser.newPage();
  await page.goto(`${here.base}/@it_kollektiv`);
  await page.keyboard.press('Tab');
  t.ok(await page.evaluate(() => document.activeElement.classList.contains('skip') && document.activeElement.getBoundingClientRect().top >= 0), 'the first stop is a visible link to the content');
  await page.keyboard.press('Enter');
  t.equal(await page.evaluate(() => document.activeElement.id), 'content', 'which leads there');
  await page.close();
});
await browser.close();
home.stop();

await t.part('links', async () => {
  const ours = [...links].filter((l) => l.startsWith(`${here.base}/`) || l.startsWith(`${there.base}/`));
  t.ok(ours.length > 30, `${ours.length} addresses of ours stand on the pages`);
  for (const link of ours) {
    const { status } = await fetch(link, { headers: { accept: 'text/html, application/activity+json' } });
    t.equal(status, link.endsWith('/follow') ? 405 : link.includes('no-such-post') || link.endsWith('/nichts') || link.endsWith('/gone') ? 404 : 200, new URL(link).pathname);
  }
});

await t.part('calendars', async () => {
  for (const [path, events] of [
    ['/calendar.ics', 5], ['/@it_kollektiv/calendar.ics', 3], ['/@beispielstadt/calendar.ics', 2],
    ['/@it_kollektiv/no-masters-no-slave.ics', 1], ['/@beispielstadt/wie-gruenden.ics', 1], ['/@beispielstadt/treffen-im-park.ics', 1],
  ]) {
    const response = await fetch(here.base + path);
    t.equal([response.status, response.headers.get('content-type')], [200, 'text/calendar; charset=utf-8'], `${path} is a calendar`);
    const { wrong, found } = problems(Buffer.from(await response.arrayBuffer()));
    t.equal(wrong, [], `${path}: ical.js finds nothing wrong`);
    t.equal(found.length, events, `${path}: it has its events`);
    if (path.includes('no-masters')) t.equal([found[0].allDay, found[0].start], [true, '2018-12-29'], 'the talk lasts all day, on the 29th');
    if (path.includes('gruenden')) t.equal([found[0].zone, found[0].start.slice(10), found[0].end.slice(10)], ['Europe/Berlin', 'T19:00:00', 'T21:30:00'], 'the German talk has its hours and its zone');
    if (path.includes('park')) t.equal(found[0].status, 'CANCELLED', 'the event that is off says so');
  }
});

for (const instance of [here, there]) {
  t.equal(await instance.stop(), 0, 'plenum stops cleanly');
  t.ok(!instance.log().includes('"level":"ERROR"'), 'its log has no error', instance.log());
}
process.exit(t.end());
