// Slices: how a thread that must not block computes a run itself. Programs that are compiled for such a thread call `pause` after
// every tile, and return where it says so; calling them again continues the run.

import { host } from '#host';
import { status } from './control-block.ts';

/** For how many milliseconds a slice computes before the event loop has a turn: a page draws a frame every 16 ms. */
const sliceMs = 4;
/** When the slice of this thread is over; Infinity where it computes as long as there are tiles. */
let sliceEnd = Number.POSITIVE_INFINITY;

/** Whether this thread is to return from the program, 0 or 1. */
export function pause(): number {
  return sliceEnd !== Number.POSITIVE_INFINITY && performance.now() >= sliceEnd ? 1 : 0;
}

/** Calls `run`, which returns a status, until it is not `stalled`, with a turn of the event loop before every slice. Resolves with the status. */
export async function runInSlices(run: () => number): Promise<number> {
  for (;;) {
    await new Promise<void>((resolve) => {
      host.afterTurn(resolve);
    });
    sliceEnd = performance.now() + sliceMs;
    try {
      const outcome = run();
      if (outcome !== status.stalled) return outcome;
    } finally {
      sliceEnd = Number.POSITIVE_INFINITY;
    }
  }
}
