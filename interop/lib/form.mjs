// SPDX-License-Identifier: AGPL-3.0-or-later

// A browser without scripts, as much of it as filling in forms needs: cookies,
// redirects that are followed one by one, and the forms of a page.

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#34': '"', '#39': "'", '#43': '+' };
const plain = (text) => text.replace(/&(#?\w+);/g, (whole, name) => entities[name] ?? whole);

/** The attributes of a tag. */
function attributes(tag) {
  const list = {};
  for (const [, name, , bare, quoted] of tag.matchAll(/([\w-]+)(=("([^"]*)"|[^\s>]+))?/g)) list[name] = plain(quoted ?? bare ?? '');
  return list;
}

/** The forms of a page: where each goes, what it holds, and its buttons. */
export function forms(html) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag, inside]) => {
    const fields = [];
    for (const [, kind, rest] of inside.matchAll(/<(input|button|select|textarea)\b([^>]*)>/g)) {
      const a = attributes(rest);
      if (kind === 'select') {
        const body = inside.slice(inside.indexOf(rest)).split('</select>')[0];
        const options = [...body.matchAll(/<option\b([^>]*)>/g)].map(([, o]) => attributes(o));
        a.value = (options.find((o) => 'selected' in o) ?? options[0])?.value;
      }
      if (a.name) fields.push({ ...a, kind: kind === 'input' ? a.type ?? 'text' : kind });
    }
    return { ...attributes(tag), fields };
  });
}

export class Browser {
  #cookies = new Map();

  /** Asks for a URL, and follows redirects while they lead to the same host. */
  async open(url, init = {}) {
    for (let hop = 0; hop < 10; hop++) {
      const r = await fetch(url, { redirect: 'manual', ...init, headers: { accept: 'text/html', ...init.headers, cookie: this.#jar(url) } });
      for (const line of r.headers.getSetCookie()) this.#keep(url, line);
      const to = r.headers.get('location') && new URL(r.headers.get('location'), url);
      if (!to || r.status < 300 || r.status > 399) return { url: String(url), status: r.status, headers: r.headers, html: await r.text() };
      if (to.host !== new URL(url).host) return { url: String(to), status: r.status, away: to, headers: r.headers, html: '' };
      [url, init] = [to, {}];
    }
    throw new Error(`${url} redirects for ever`);
  }

  /** Sends a form of a page: what it holds, with the values given, by the button whose name or value is given. */
  async send(page, form, values = {}, button) {
    const body = new URLSearchParams();
    for (const f of form.fields) {
      const pressed = f.kind === 'button' || f.kind === 'submit';
      if (pressed && (!button || ![f.name, f.value, `${f.name}=${f.value}`].includes(button))) continue;
      if ((f.kind === 'radio' || f.kind === 'checkbox') && !('checked' in f) && values[f.name] !== f.value) continue;
      body.append(f.name, values[f.name] ?? f.value ?? '');
    }
    const to = new URL(form.action || page.url, page.url);
    return this.open(to, { method: 'POST', body, headers: { origin: to.origin, 'sec-fetch-site': 'same-origin' } });
  }

  #jar(url) {
    return [...this.#cookies].filter(([k]) => k.startsWith(new URL(url).host)).map(([k, v]) => `${k.split(' ')[1]}=${v}`).join('; ');
  }

  #keep(url, line) {
    const [pair, ...rest] = line.split(';');
    const [name, ...value] = pair.split('=');
    const key = `${new URL(url).host} ${name.trim()}`;
    if (rest.some((r) => /^\s*max-age=(0|-)/i.test(r))) this.#cookies.delete(key);
    else this.#cookies.set(key, value.join('='));
  }
}
