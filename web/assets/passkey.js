// SPDX-License-Identifier: AGPL-3.0-or-later

// Passkeys: the one thing of Plenum's pages that HTML alone cannot do. What needs
// this script is hidden until it has found that the browser knows passkeys.

const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** What a server says in JSON, as the browser wants it. WebAuthn §5.1. */
function options({ publicKey }) {
  publicKey.challenge = decode(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = decode(publicKey.user.id);
  for (const list of ['allowCredentials', 'excludeCredentials']) {
    publicKey[list] = (publicKey[list] ?? []).map((c) => ({ ...c, id: decode(c.id) }));
  }
  return { publicKey };
}

/** What the browser answers, as JSON. */
function answer(credential) {
  const response = {};
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[name]) response[name] = encode(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id, rawId: encode(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function send(path, body) {
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
  return response.json();
}

/** Makes the part of a page work that signs in, or adds a passkey. */
function enable(part) {
  const { passkey, next, csrf, failed, refused } = part.dataset;
  const button = part.querySelector('button');
  const complaint = part.querySelector('.error');
  button.addEventListener('click', async () => {
    complaint.hidden = true;
    button.disabled = true;
    try {
      const making = passkey === 'create';
      const base = making ? '/account/passkeys' : '/login/passkey';
      const begun = await send(`${base}/begin`, { csrf });
      const credential = await navigator.credentials[passkey](options(begun.options));
      const done = await send(base, {
        ceremony: begun.ceremony, csrf, next, name: part.querySelector('input')?.value, response: answer(credential),
      });
      location.assign(done.to);
    } catch (error) {
      complaint.textContent = refused && error.status === 401 ? refused : failed;
      complaint.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
  part.hidden = false;
}

if (window.PublicKeyCredential) document.querySelectorAll('[data-passkey]').forEach(enable);
