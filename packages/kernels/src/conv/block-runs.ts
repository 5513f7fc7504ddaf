// A run of rows cut into blocks of nearly the same height, and the loops over them.

import type { FunctionBuilder, Local } from '@treadle/wasm';

/** `count` blocks of the same height, one after the other. */
export interface BlockRun {
  readonly height: number;
  readonly count: number;
}

/** The blocks of a run of `length` rows, at most `most` rows high; higher blocks come first. */
export function blockRuns(length: number, most: number): BlockRun[] {
  const blocks = Math.ceil(length / most);
  const [height, taller] = [Math.floor(length / blocks), length % blocks];
  return [
    { height: height + 1, count: taller },
    { height, count: blocks - taller },
  ].filter(({ count }) => count > 0);
}

/** Calls `body` once for each run, as the inside of a loop over its blocks where it has several. */
export function eachBlockOf(f: FunctionBuilder, runs: readonly BlockRun[], body: (height: number) => void): void {
  for (const { height, count } of runs) {
    if (count === 1) body(height);
    else repeat(f, f.local('i32', count), () => body(height));
  }
}

/** Runs `body` `left` times, at least once; `left` is 0 afterwards. */
export function repeat(f: FunctionBuilder, left: Local<'i32'>, body: () => void): void {
  f.loop((again) => {
    body();
    f.increment(left, -1);
    f.brIf(again, left);
  });
}
