// What refusing a call means: an error of a kind that callers know, whose message is `op: rule; got values`.

import { expect } from 'vitest';

export function refused(call: () => unknown, kind: string, message: RegExp): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(String(thrown), String(call)).toMatch(new RegExp(`^${kind}: `));
  expect((thrown as Error).message).toMatch(message);
  expect((thrown as Error).message).toMatch(/^[a-zA-Z0-9]+: [^;]+; got .+/s);
}

/** What an engine says by itself of a call that went wrong, or a program of a broken invariant. */
const unmeant =
  /Cannot (read|set|convert|mix|destructure|access|assign|perform)|is not (a function|iterable|a constructor|defined|extensible|an object)|undefined or null|internal:|Invalid (array|typed array|string|Date) |Maximum call stack|out of memory|called on incompatible|called on null|not an object|circular structure|serialize a BigInt|must be a string or/;

/** Whether an error is a refusal: it begins with the name of what was called, and an engine had no part in it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^[\w.]+(\([\w]+\))?: \S/.test(error.message) && !unmeant.test(error.message);
}
