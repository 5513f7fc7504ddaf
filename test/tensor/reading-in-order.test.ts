// What is read is what was there when it was asked for: a program of assignments, runs and reads, asynchronous or not, gives
// what one gives that does each of them where it stands.

import { team } from '@treadle/runtime';
import { compile, type Tensor, tensor, variable } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

/** A small value is copied by a run, a large one has a block of its own. */
const lengths = [3, 1500];
const filled = (length: number, value: number): Tensor => tensor(new Float32Array(length).fill(value));
/** Numbers stay whole and small, so that float32 is exact. */
const modulus = 1021;

describe.each(lengths)('with %i elements', (length) => {
  test.each([false, true])(
    'a read before an assignment gives the value of before (a run under way: %s)',
    async (isUnderWay) => {
      const [v, w] = [variable(filled(length, 1)), variable(filled(length, 0))];
      const step = compile(() => {
        w.assignAdd(v);
      });
      const runs = isUnderWay ? [step.runAsync(), step.runAsync()] : [];
      const alias = v.reshape([length]);
      const lazy = v.mul(10);
      const reads = [v.read(), alias.read(), lazy.read(), w.read()];
      v.assign(filled(length, 2));
      reads.push(v.read(), alias.read(), lazy.read());
      v.assignAdd(1);
      v.data();
      v.dispose();
      const runsBefore = isUnderWay ? 2 : 0;
      expect((await Promise.all(reads)).map((data) => data[length - 1])).toEqual([1, 1, 10, runsBefore, 2, 1, 10]);
      await Promise.all(runs);
    },
  );
});

test('no asynchronous read computes on the calling thread, pending assignments included', async () => {
  const run = vi.spyOn(team, 'run');
  try {
    for (const length of lengths) {
      const [v, w] = [variable(filled(length, 1)), variable(filled(length, 2))];
      const y = v.mul(w);
      v.assign(y.add(1));
      w.assign(v.shape[0] === length ? y.mul(2) : y);
      const reads = [y.read(), v.read()];
      const again = v.mul(10);
      w.assign(again);
      reads.push(w.read(), again.read(), v.read());
      expect((await Promise.all(reads)).map((data) => data[length - 1])).toEqual([2, 3, 30, 30, 3]);
      expect(run).not.toHaveBeenCalled();
      expect([v.data()[0], w.data()[0]]).toEqual([3, 30]);
    }
  } finally {
    run.mockRestore();
  }
});

test('a read rejects when the pending assignment that it carries out fails', async () => {
  const v = variable([1, 2]);
  v.assign(v.add(1));
  const runAsync = vi.spyOn(team, 'runAsync').mockRejectedValueOnce(new Error('ended'));
  await expect(v.read()).rejects.toThrow('ended');
  runAsync.mockRestore();
  v.assign([5, 6]);
  expect(await v.read()).toEqual(Float32Array.of(5, 6));
});

interface Handle {
  readonly t: Tensor;
  readonly value: number;
}

/** The steps of a program; a and b choose among what there is. */
const kinds = [
  'read',
  'readVariable',
  'data',
  'assign',
  'assignAdd',
  'swap',
  'swapAsync',
  'alias',
  'lazy',
  'dispose',
  'wait',
] as const;

const programs = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat({ max: 20 }), fc.nat({ max: 20 })), {
  maxLength: 40,
});

/** Runs a program; returns all that was read, with what it should be. */
async function run(
  steps: typeof programs extends fc.Arbitrary<infer T> ? T : never,
  length: number,
): Promise<readonly [number, number][]> {
  const variables = [variable(filled(length, 1)), variable(filled(length, 2))];
  const values = [1, 2];
  const [v, w] = variables as [(typeof variables)[0], (typeof variables)[0]];
  /** v, w ← w, (v + w + x) mod 1021; gives 3·v of before */
  const swap = compile((x: Tensor) => {
    const old = v.add(0);
    v.assign(w);
    w.assign(old.add(w).add(x).mod(modulus));
    return old.mul(3);
  });
  const handles: Handle[] = [];
  const reads: Promise<readonly [number, number]>[] = [];
  const expectRead = (read: Promise<ArrayLike<number>>, value: number): void => {
    reads.push(read.then((data) => [new Set(Array.from(data)).size === 1 ? data[0]! : Number.NaN, value]));
  };
  for (const [kind, a, b] of steps) {
    const at = a % 2;
    const [chosen, value] = [variables[at]!, values[at]!];
    const handle = handles[b % Math.max(1, handles.length)];
    if (kind === 'read' && handle) expectRead(handle.t.read(), handle.value);
    else if (kind === 'readVariable') expectRead(chosen.read(), value);
    else if (kind === 'data') reads.push(Promise.resolve([chosen.data()[length - 1]!, value]));
    else if (kind === 'assign') {
      chosen.assign(handle ? handle.t : filled(length, b));
      values[at] = handle ? handle.value : b;
    } else if (kind === 'assignAdd') {
      chosen.assign(chosen.add(b).mod(modulus));
      values[at] = (value + b) % modulus;
    } else if (kind === 'swap' || kind === 'swapAsync') {
      const x = handle ? handle.t : filled(length, b);
      const [first, second] = values as [number, number];
      values[0] = second;
      values[1] = (first + second + (handle ? handle.value : b)) % modulus;
      if (kind === 'swap') handles.push({ t: swap(x), value: 3 * first });
      else
        expectRead(
          swap.runAsync(x).then((t) => t.read()),
          3 * first,
        );
    } else if (kind === 'alias') handles.push({ t: chosen.reshape([length]), value });
    else if (kind === 'lazy') handles.push({ t: chosen.mul(2).mod(modulus), value: (2 * value) % modulus });
    else if (kind === 'dispose' && handle) {
      handle.t.dispose();
      handles.splice(handles.indexOf(handle), 1);
    } else if (kind === 'wait') await Promise.all(reads);
  }
  for (const { t } of handles) t.dispose();
  for (const each of variables) each.dispose();
  return Promise.all(reads).then((pairs) => pairs.map(([got, wanted]) => [got, wanted]));
}

test('every read gives the value at the time of its call', async () => {
  const property = fc.asyncProperty(programs, fc.constantFrom(...lengths), async (steps, length) => {
    for (const [got, wanted] of await run(steps, length)) expect(got).toBe(wanted);
  });
  await fc.assert(property, { numRuns: process.env.TREADLE_TEST_LONG ? 3000 : 200 });
}, 600_000);
