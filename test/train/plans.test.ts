// A model has a plan for what it does, not for every number of rows: whatever comes after the largest batch runs at once.

import { StoredValue } from '@treadle/compiler';
import { dense, dropout } from '@treadle/nn';
import { compile, memory, shutdown, type Tensor, tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { bitsOf, classifier, labelled, noise } from './models.ts';

afterAll(shutdown);

const quiet = { verbose: 0, batchSize: 16 } as const;

/** How many plans came to be. */
async function plansOf(act: () => Promise<unknown>): Promise<number> {
  const before = memory().plans;
  await act();
  return memory().plans - before;
}

describe('training and evaluating', () => {
  test('batches of any size run one plan', async () => {
    const model = classifier();
    const { x, y } = labelled(62);
    for (const batchSize of [16, 12, 11, 7]) {
      const plans = await plansOf(async () => {
        await model.fit(x, y, { ...quiet, batchSize });
        await model.evaluate(x, y, { batchSize });
      });
      if (batchSize !== 16) expect(plans, `${batchSize} rows`).toBe(0);
    }
  });

  test('larger batches than before have a plan of their own, which serves all that are smaller', async () => {
    const model = classifier();
    const { x, y } = labelled(62);
    const train = (batchSize: number) => plansOf(() => model.fit(x, y, { ...quiet, batchSize }));
    await train(8);
    expect(await train(20)).toBe(1);
    for (const batchSize of [20, 19, 8, 7]) expect(await train(batchSize)).toBe(0);
  });
});

test('a fit makes no copy of the weights', async () => {
  const model = classifier();
  const { x, y } = labelled(62);
  await model.fit(x, y, quiet);
  const copies = vi.spyOn(StoredValue.prototype, 'copy');
  await model.fit(x, y, { ...quiet, validationSplit: 0.25 });
  await model.evaluate(x, y);
  expect(copies).not.toHaveBeenCalled();
  copies.mockRestore();
});

describe('the number of rows of a data set', () => {
  const counts = [40, 41, 64, 33, 100, 16, 128, 57];
  const options = { ...quiet, shuffle: false, validationSplit: 0.25 } as const;

  test('is no part of a plan: after one fit and one evaluate, others need none', async () => {
    const model = classifier();
    const { x, y } = labelled(96);
    await model.fit(x, y, options);
    await model.evaluate(x, y, { batchSize: 16 });
    for (const count of counts) {
      const some = labelled(count);
      const plans = await plansOf(async () => {
        await model.fit(some.x, some.y, options);
        await model.evaluate(some.x, some.y, { batchSize: 16 });
      });
      expect(plans, `${count} rows`).toBe(0);
    }
  });

  test('changes no bit: rows learned after other data are learned as by a model that saw no other', async () => {
    for (const count of counts) {
      const { x, y } = labelled(count);
      const [fresh, used] = [classifier(), classifier()];
      const start = used.getWeights();
      await fresh.fit(x, y, options);
      await used.evaluate(labelled(96).x, labelled(96).y, { batchSize: 16 });
      used.setWeights(start);
      await used.fit(x, y, options);
      expect(bitsOf(used)).toEqual(bitsOf(fresh));
      const whole = await used.evaluate(x, y, { batchSize: count });
      expect(whole).toEqual(await fresh.evaluate(x, y, { batchSize: count }));
    }
  });
});

function answering(): Model {
  return sequential([
    dense(9, { activation: 'swish', inputShape: [5] }),
    dropout(0.5),
    dense(4, { activation: 'softmax' }),
  ]);
}

const rowsOf = (count: number, from = 0): Tensor =>
  tensor(
    Float32Array.from({ length: 5 * count }, (_, i) => noise(5 * from + i)),
    { shape: [count, 5] },
  );

describe('predicting', () => {
  test('any number of rows needs three plans in all, once there was a whole batch', async () => {
    const model = answering();
    for (const count of [1, 5, 1000]) await model.predict(rowsOf(count));
    expect(
      await plansOf(async () => {
        for (const count of [1000, 1, 2, 3, 7, 8, 9, 100, 255, 256, 257, 999, 1]) await model.predict(rowsOf(count));
      }),
    ).toBe(0);
  });

  test('numbers of rows that grow need few plans', async () => {
    const model = answering();
    const plans = await plansOf(async () => {
      for (let count = 1; count <= 130; count++) await model.predict(rowsOf(count));
    });
    // one row, up to 8, 16, 32, 64, 128, 256
    expect(plans).toBeLessThanOrEqual(7);
  });

  test('a row has the same answer in every company', async () => {
    const model = answering();
    const all = (await model.predict(rowsOf(300))).data();
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 299 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        async (from, size, batchSize) => {
          const count = Math.min(size, 300 - from);
          const some = await model.predict(rowsOf(count, from), { batchSize });
          expect(some.shape).toEqual([count, 4]);
          expect(some.data()).toEqual(all.slice(4 * from, 4 * (from + count)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a function that is compiled', () => {
  test('is called for one number of rows more than it is called with, and shares from the second one on', () => {
    let calls = 0;
    const f = compile((x: Tensor) => {
      calls++;
      return x.square().mean(0);
    });
    const run = (rows: number) => f(tensor(new Float32Array(3 * rows).fill(2), { shape: [rows, 3] })).toArray();
    expect(run(7)).toEqual([4, 4, 4]);
    expect(calls).toBe(1);
    run(5);
    expect(calls).toBe(3);
    const { plans } = memory();
    for (const rows of [4, 6, 2, 7, 3]) expect(run(rows)).toEqual([4, 4, 4]);
    expect(memory().plans).toBe(plans);
  });

  test('has separate plans if rows are treated differently or the number of results differs', () => {
    for (const f of [
      (x: Tensor) => x.flip(0),
      (x: Tensor) => x.slice([1]),
      (x: Tensor) => x.matmul(x, { transposeB: true }),
      (x: Tensor) => x.transpose(),
      (x: Tensor) => x.argmax(0),
      (x: Tensor) => x.reshape([-1, 2, 3]).sum(0),
    ]) {
      const compiled = compile(f, { capacity: (rows) => rows });
      for (const rows of [8, 6, 4]) {
        const x = tensor(
          Float32Array.from({ length: 3 * rows }, (_, i) => noise(i)),
          { shape: [rows, 3] },
        );
        expect(compiled(x).toArray()).toEqual(f(x).toArray());
      }
    }
  });
});
