// SPDX-License-Identifier: AGPL-3.0-or-later

// The Test Anything Protocol, as much of it as is needed here: a line for each
// thing that must hold, and a count at the end.

import { isDeepStrictEqual, inspect } from 'node:util';

/** A run of tests. */
export class Tap {
  #passed = 0;
  #failed = 0;

  /** Says that something holds, or does not. detail is shown where it does not. */
  ok(holds, name, detail) {
    if (holds) this.#passed++;
    else this.#failed++;
    console.log(`${holds ? 'ok' : 'not ok'} ${this.#passed + this.#failed} - ${name}`);
    if (!holds && detail !== undefined) this.note(typeof detail === 'string' ? detail : inspect(detail, { depth: 6 }));
    return holds;
  }

  equal(got, want, name) {
    return this.ok(isDeepStrictEqual(got, want), name, `got ${inspect(got, { depth: 6 })}\nwant ${inspect(want, { depth: 6 })}`);
  }

  /** Writes lines that a reader of the protocol skips. */
  note(text) {
    for (const line of String(text).trimEnd().split('\n')) console.log(`# ${line}`);
  }

  /** Runs a part. What it throws is a failure, and the next part runs all the same. */
  async part(name, run) {
    this.note(name);
    try {
      await run();
    } catch (error) {
      this.ok(false, `${name}: no error`, error);
    }
  }

  /** Writes the count. The result is the program's exit code: nothing tested is a failure. */
  end() {
    console.log(`1..${this.#passed + this.#failed}`);
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed > 0 || this.#passed === 0 ? 1 : 0;
  }
}
