// What refusing a call means: an error of a kind that callers know, whose message is `op: rule; got values`.

import { expect } from 'vitest';

const kinds = ['ShapeError', 'DtypeError', 'RangeError'];

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

/** Whether an error is a refusal. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && kinds.includes(error.name) && /^[a-zA-Z0-9]+: [^;]+; got /.test(error.message);
}
