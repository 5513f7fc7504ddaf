// A step that fails half-way. If a user's function throws, variables stay as they were. If a thread is ended while a plan runs, the error
// says truthfully whether variables were touched. In both cases the next call works.

import { team } from '@treadle/runtime';
import { compile, ShapeError, setThreads, shutdown, type Tensor, tensor, variable } from '@treadle/tensor';
import * as fc from 'fast-check';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';

afterAll(shutdown);
beforeEach(() => setThreads(2));

test('a compiled function that throws after an assignment has assigned nothing, and can be called again', () => {
  const v = variable([1, 2, 3]);
  const step = compile((x: Tensor) => {
    v.assignAdd(1);
    v.assign(v.mul(x));
    return v.add(x);
  });
  expect(() => step(tensor([1, 2]))).toThrow(ShapeError);
  expect(v.toArray()).toEqual([1, 2, 3]);
  expect(step(tensor(2)).toArray()).toEqual([6, 8, 10]);
  expect(v.toArray()).toEqual([4, 6, 8]);
});

test('an uncompiled function that throws has made the assignments before the throw, and no other', () => {
  const [v, w] = [variable([1, 2, 3]), variable(0)];
  const step = (x: Tensor): void => {
    w.assignAdd(1);
    v.assign(v.mul(x));
  };
  expect(() => step(tensor([1, 2]))).toThrow(ShapeError);
  expect([v.toArray(), w.item()]).toEqual([[1, 2, 3], 1]);
  step(tensor(2));
  expect([v.toArray(), w.item()]).toEqual([[2, 4, 6], 2]);
});

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
/** Ten thousand kills take hours. */
const timeout = isLong ? 6 * 3_600_000 : 60_000;

const size = 1_000_000;

/** A tenth of a second or more of elementwise work, which is bounded. */
function long(x: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < 100; i++) y = y.sin().add(x);
  return y;
}

/** Runs the step, ends a worker after some milliseconds; the message of what it rejects with, if it does. */
async function endWorkerIn(step: { runAsync(): Promise<unknown> }, milliseconds: number): Promise<string | undefined> {
  const outcome = step.runAsync().then(
    () => undefined,
    (error: Error) => error.message,
  );
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await team.workers.at(-1)?.terminate();
  return outcome;
}

test('a worker that is ended before a variable is written leaves it as it was, and the error says so', async () => {
  const initial = noise(size, 1);
  const [x, v] = [tensor(noise(size, 2)).realize(), variable(tensor(initial))];
  // The sum needs all of the long work before the variable is touched.
  const step = compile(() => {
    v.assignAdd(long(x).sum());
  });
  await step.runAsync(); // the workers are there
  v.assign(initial);
  expect(await endWorkerIn(step, 30)).toMatch(/^team: .* failed .*; no variable has changed$/);
  expect(differenceOfData(v.data(), initial)).toBeUndefined();
  const twin = variable(tensor(initial));
  twin.assignAdd(long(x).sum());
  step();
  expect(differenceOfData(v.data(), twin.data())).toBeUndefined();
});

test('a worker that is ended while a variable is written gives an error that says so, and the next call works', async () => {
  const initial = noise(size, 1);
  const [v, other] = [variable(tensor(initial)), variable(0)];
  const step = compile(() => {
    const y = long(v);
    v.assign(y);
    other.assign(y.sum());
  });
  await step.runAsync(); // the workers are there
  v.assign(initial);
  other.assign(7);
  const rule = 'of the variables assigned, those of shape \\[1000000\\] may hold neither their old nor their new value';
  expect(await endWorkerIn(step, 40)).toMatch(new RegExp(`^team: .* failed .*; ${rule}`));
  expect(other.item()).toBe(7);
  v.assign(initial);
  step();
  const expected = long(tensor(initial));
  expect(differenceOfData(v.data(), expected.data())).toBeUndefined();
  expect(other.item()).toBe(expected.sum().item());
});

test(
  'however and whenever a worker is ended: what is assigned after the failure stays, and the next run is right',
  async () => {
    const threads = 3;
    setThreads(threads);
    const length = 50_000;
    const initial = noise(length, 3);
    const step = compile((v: Tensor) => long(v).add(1));
    const v = variable(tensor(initial));
    const update = compile(() => {
      v.assign(long(v));
    });
    const expected = long(tensor(initial)).data();
    const cases = fc.record({ worker: fc.nat(threads - 1), afterMs: fc.nat(20), isBlockingNext: fc.boolean() });
    await update.runAsync();
    await fc.assert(
      fc.asyncProperty(cases, async ({ worker, afterMs, isBlockingNext }) => {
        v.assign(initial);
        const outcome = update.runAsync().catch((error: Error) => error.message);
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        void team.workers.at(worker)?.terminate();
        if (!isBlockingNext) await outcome;
        // A blocking run may come while the threads of the failed one are being ended.
        v.assign(initial);
        update();
        expect(differenceOfData(v.data(), expected)).toBeUndefined();
        expect(await outcome).toSatisfy((message) => message === undefined || /^team: .* failed/.test(String(message)));
        expect(differenceOfData(v.data(), expected)).toBeUndefined();
        step(v).dispose();
      }),
      { numRuns: isLong ? 10_000 : 8, endOnFailure: true },
    );
  },
  timeout,
);
