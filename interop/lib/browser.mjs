// SPDX-License-Identifier: AGPL-3.0-or-later

// The pages in a real browser, as people see them.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { newFolder } from './plenum.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A narrow and a wide window, light and dark. */
export const looks = [360, 1280].flatMap((width) => ['light', 'dark'].map((scheme) => ({ width, scheme, name: `${width}-${scheme}` })));

/** Starts Debian's Chromium. CHROMIUM names another one. fonts is a configuration of fontconfig. */
export async function launch({ fonts } = {}) {
  const browser = await chromium.launchPersistentContext(newFolder('chromium'), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    env: { ...process.env, ...(fonts && { FONTCONFIG_FILE: fonts }) },
    chromiumSandbox: process.getuid?.() !== 0,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  browser.setDefaultTimeout(20_000);
  return browser;
}

/** Gives a page a look. */
export async function dress(page, { width, scheme }, height = width < 700 ? 780 : 860) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
}

/** What axe-core finds wrong with the page as it is now, a line for each. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary.split('\n').slice(1).join(' ').trim()}`));
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Notes what a page asks of other hosts, and what its console complains of. */
export function watch(page, base) {
  const seen = { foreign: [], complaints: [] };
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`) && !request.url().startsWith('data:')) seen.foreign.push(request.url());
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text());
  });
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  return seen;
}
