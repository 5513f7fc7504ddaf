// Work that may be interrupted, so that the event loop can have a turn: a generator that yields between its parts, each of which
// takes a few milliseconds at most.

import { host } from '@treadle/runtime';

/** Work that may be interrupted: each `next` does a small part of it, the last one gives the result. */
export type Interruptible<T> = Generator<undefined, T>;

/** Does what is left of the work, in one go. */
export function runToEnd<T>(work: Interruptible<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** For how many milliseconds parts are done at a stretch where the event loop is to stay free. */
const stretch = 5;

/** Does parts of the work for some milliseconds. Gives the result when it is done. */
export function advanced<T>(work: Interruptible<T>): IteratorResult<undefined, T> {
  const end = performance.now() + stretch;
  for (;;) {
    const step = work.next();
    if (step.done || performance.now() > end) return step;
  }
}

/** Does the work, with a turn of the event loop every few milliseconds. */
export async function runInTurns<T>(work: Interruptible<T>): Promise<T> {
  for (;;) {
    const { done, value } = advanced(work);
    if (done) return value;
    await new Promise<void>((resolve) => {
      host.afterTurn(resolve);
    });
  }
}
