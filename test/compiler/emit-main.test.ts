// The entry function of a program, called by one thread on a control block in the states in which other threads may leave it.

import {
  abortOffset,
  controlBytes,
  doneOffset,
  memory,
  nextOffset,
  status,
  threadOffset,
  timeoutOffset,
  waitersOffset,
} from '@treadle/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantiate } from '../../packages/runtime/dist/threads/instantiate.js';
import { type Counting, counting, valuesOf } from '../runtime/programs.ts';

const phasesOf = fc.array(fc.array(fc.nat(5), { maxLength: 4 }), { maxLength: 5 });

interface Run {
  /** reads or writes a word of the control block */
  word(byteOffset: number, value?: number): number;
  main(thread: number): number;
  readonly counts: () => readonly number[];
  readonly values: () => readonly number[];
}

const threads = 3;
const seed = 12_345;

function withRun({ program, encoded, phases, tiles, words }: Counting, use: (run: Run) => void): void {
  const kernelCount = phases.flat().length;
  const { head } = encoded;
  const sizes = [controlBytes(kernelCount, threads), 4 * (head.length + words), 100 * threads];
  const [control, table, scratch] = sizes.map((n) => memory.allocate(n));
  if (!control || !table || !scratch) throw new Error('three blocks');
  const { i32 } = memory;
  for (const { byteOffset, byteLength } of [control, table, scratch]) {
    i32.fill(0, byteOffset / 4, (byteOffset + byteLength) / 4);
  }
  i32.set(head, table.byteOffset / 4);
  const counts = table.byteOffset / 4 + head.length + 1;
  i32[counts - 1] = seed;
  const main = instantiate(program.module, memory.wasm);
  const word = (byteOffset: number, value?: number) => {
    const at = (control.byteOffset + byteOffset) / 4;
    if (value !== undefined) i32[at] = value;
    return i32[at] ?? 0;
  };
  word(timeoutOffset, 2);
  use({
    word,
    main: (thread) => main(control.byteOffset, table.byteOffset, scratch.byteOffset + 100 * thread, thread),
    counts: () => [...i32.subarray(counts, counts + tiles)],
    values: () => [...i32.subarray(counts + tiles, counts + 2 * tiles)],
  });
  for (const block of [control, table, scratch]) memory.free(block);
}

test('one thread runs every tile once, phase by phase, and counts it', () => {
  fc.assert(
    fc.property(phasesOf, fc.nat(threads - 1), (phases, thread) => {
      const program = counting(phases);
      withRun(program, ({ word, main, counts, values }) => {
        expect(main(thread)).toBe(status.done);
        expect(counts()).toEqual(counts().map(() => 1));
        expect(values()).toEqual(valuesOf(phases, seed));
        phases.flat().forEach((tiles, kernel) => {
          expect(word(doneOffset(kernel))).toBe(tiles);
          expect(word(nextOffset(kernel))).toBeGreaterThanOrEqual(tiles);
        });
        for (let t = 0; t < threads; t++) expect(word(threadOffset(phases.flat().length, t))).toBe(0);
        expect(word(waitersOffset)).toBe(0);
      });
    }),
    { numRuns: 50 },
  );
});

test('a thread that comes late runs the tiles that are left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(9), (tiles, claimed) => {
      const before = Math.min(tiles, claimed);
      withRun(counting([[tiles]]), ({ word, main, counts }) => {
        word(nextOffset(0), before);
        word(doneOffset(0), before);
        expect(main(0)).toBe(status.done);
        expect(counts()).toEqual(counts().map((_, i) => (i < before ? 0 : 1)));
        expect(word(doneOffset(0))).toBe(tiles);
      });
    }),
    { numRuns: 30 },
  );
});

// One of three tiles is claimed by a thread that never finishes it.
const claimedByAnother = ({ word }: Run): number => word(nextOffset(0), 1);

test('an aborted run is left at the end of the phase', () => {
  withRun(counting([[3], [2]]), (run) => {
    claimedByAnother(run);
    run.word(abortOffset, 1);
    expect(run.main(0)).toBe(status.aborted);
    expect(run.counts()).toEqual([0, 1, 1, 0, 0]);
  });
});

test('a run without progress has stalled; a thread that enters it again finishes it when the missing tile is done', () => {
  for (const thread of [0, 1]) {
    withRun(counting([[3], [2]]), (run) => {
      claimedByAnother(run);
      for (let i = 0; i < 3; i++) expect(run.main(thread)).toBe(status.stalled);
      expect(run.counts()).toEqual([0, 1, 1, 0, 0]);
      expect(run.word(waitersOffset)).toBe(0);
      run.word(doneOffset(0), 3);
      expect(run.main(thread)).toBe(status.done);
      expect(run.counts()).toEqual([0, 1, 1, 1, 1]);
    });
  }
});

test('only thread 0 waits for the tiles of others at the end of the last phase', () => {
  withRun(counting([[3]]), (run) => {
    claimedByAnother(run);
    expect(run.main(1)).toBe(status.done);
    expect(run.main(0)).toBe(status.stalled);
  });
});
