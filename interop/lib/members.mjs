// SPDX-License-Identifier: AGPL-3.0-or-later

// The pages for members: their doors with and without what is wrong, the desk, the
// forms in which posts are written, what waits for somebody, and a program that asks
// to act for a co-op.

import { watch } from './browser.mjs';

const word = 'four words make it';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'; // RFC 7636, appendix B

/** The path of the link that a command prints. */
const linkIn = (text) => new URL(text.match(/http:\S+/)[0]).pathname;

/** Visits them as anna, an admin, in a language. look looks at a page. */
export async function visitMembers(browser, here, t, look, language) {
  const name = (what) => `${language}, ${what}`;
  const page = await browser.newPage();

  const show = (what, path, status = 200) => t.part(name(what), async () => {
    const seen = watch(page, here.base);
    await look(page, seen, name(what), await page.goto(here.base + path), status, true);
    page.removeAllListeners();
  });
  /** Sends the form of a page with something wrong in it; what was typed is kept. */
  const wrong = (what, path, fields, button, typed) => t.part(name(what), async () => {
    await page.goto(here.base + path);
    for (const [id, value] of Object.entries(fields)) await page.fill(id, value);
    await page.$eval('main form[method="post"]', (form) => form.setAttribute('novalidate', ''));
    const seen = watch(page, here.base);
    const [response] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), page.click(button)]);
    await page.waitForLoadState();
    await look(page, seen, name(what), response, 422, true);
    t.ok(await page.evaluate(() => document.activeElement.classList.contains('faults')), `${name(what)}: the summary has the focus`);
    for (const id of typed) t.equal(await page.inputValue(id), fields[id], `${name(what)}: ${id} is kept`);
    page.removeAllListeners();
  });

  await browser.clearCookies();
  await show('the door', '/login');
  await show('a forgotten password', '/reset');
  await show('an invitation that is none', '/invite/nothing', 410);
  await show('a link that is none', '/reset/nothing', 410);
  const invitation = linkIn(await here.run('member', 'invite', '--coop', here.coop, '--role', 'editor', '--for', 'Bert'));
  await show('an invitation', invitation);
  await wrong('an invitation, filled in badly', invitation, { '#login': 'Bert!', '#name': 'Bert B.', '#password': 'short' }, 'main form button', ['#login', '#name']);
  const reset = linkIn(await here.run('member', 'reset', 'anna'));
  await show('a new password', reset);
  await wrong('a new password that is too short', reset, { '#password': 'short' }, 'main form button', []);
  await page.goto(here.base + reset);
  await page.fill('#password', word);
  await page.click('main form button');

  await page.goto(`${here.base}/login`);
  await page.fill('#login', 'anna');
  await page.fill('#password', word);
  await Promise.all([page.waitForURL('**/desk'), page.click('main form button[type=submit]')]);
  await show('the desk', '/desk');
  await show('the account', '/account');
  await show('the members', `/members/${here.coop}`);
  await show('an invitation, signed in', invitation);
  for (const kind of ['report', 'meetup', 'talk', 'note']) await show(`a new ${kind}`, `/desk/${here.coop}/new?kind=${kind}`);
  await wrong('a meetup, filled in badly', `/desk/${here.coop}/new?kind=meetup`,
    { '#title': 'Kept', '#text': 'Kept, *too*.', '#start_date': '2030-01-02', '#start_time': '19:00', '#end_time': '18:00', '#seats': 'many', '#links': 'nothing' },
    'button[value=save]', ['#title', '#text', '#start_date', '#start_time', '#end_time', '#seats', '#links']);

  await page.goto(`${here.base}/desk/${here.coop}/new?kind=report`);
  await page.fill('#title', `Written at the desk, ${language}`);
  await page.fill('#text', 'With a **word** in it.');
  await Promise.all([page.waitForURL('**/posts/**'), page.click('button[value=save]')]);
  const draft = new URL(page.url()).pathname;
  await show('a draft', draft);
  await show('a preview', `${draft}/preview`);
  await show('a question before it goes', `${draft}/delete`);
  await here.run('coop', 'set', here.coop, '--two-people');
  await page.goto(here.base + draft);
  await Promise.all([page.waitForURL('**done=proposed'), page.click('button[value=publish]')]);
  await show('the desk of one co-op', `/desk/${here.coop}?done=proposed`);
  await show('a proposal', await page.getAttribute('a[href*="/proposals/"]', 'href'));
  await here.run('coop', 'set', here.coop, '--no-two-people');

  const registered = await fetch(`${here.base}/oauth/register`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Pen & Paper', redirect_uris: ['http://127.0.0.1:9/'], token_endpoint_auth_method: 'none' }),
  });
  const asks = { response_type: 'code', client_id: (await registered.json()).client_id, code_challenge: challenge, code_challenge_method: 'S256', scope: 'read write', state: 's' };
  await show('a program that asks', `/oauth/authorize?${new URLSearchParams({ ...asks, redirect_uri: 'http://127.0.0.1:9/' })}`);
  await show('a program that asks in the wrong way', `/oauth/authorize?${new URLSearchParams({ ...asks, redirect_uri: 'https://elsewhere.example/' })}`, 400);
  await show('the desk of others', '/desk/nobody', 404);
  await page.close();
}
