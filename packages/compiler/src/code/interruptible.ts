// Interruptible work: a generator that yields between parts of a few milliseconds at most, so that the event loop can run in between.

import { host } from '@treadle/runtime';

/** Interruptible work: each `next` does a part of it, and the last one returns the result. */
export type Interruptible<T> = Generator<undefined, T>;

/** Does the rest of the work at once. */
export function runToEnd<T>(work: Interruptible<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Milliseconds of work between two turns of the event loop. */
const stretch = 5;

/** Does parts of the work for some milliseconds. Says whether it is done, with the result. */
export function advanced<T>(work: Interruptible<T>): IteratorResult<undefined, T> {
  const end = performance.now() + stretch;
  for (;;) {
    const next = work.next();
    if (next.done || performance.now() > end) return next;
  }
}

/** Does the work, and lets the event loop run every few milliseconds. */
export async function runInTurns<T>(work: Interruptible<T>): Promise<T> {
  for (;;) {
    const { done, value } = advanced(work);
    if (done) return value;
    await new Promise<void>((resolve) => {
      host.afterTurn(resolve);
    });
  }
}
