// A training gives the same weights bit for bit: for the same seeds, on any number of threads, whether steps run blocking or
// not, and whether the formulas are compiled into one plan or written down step by step.

import { batches } from '@treadle/data';
import { sparseCategoricalCrossentropy } from '@treadle/losses';
import { dense, dropout } from '@treadle/nn';
import { adam, type Optimizer } from '@treadle/optim';
import { team } from '@treadle/runtime';
import { gradients, setSeed, setThreads, threads } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { afterEach, describe, expect, test } from 'vitest';
import { type Bits, bitsOf, classifier, differenceOf, labelled } from './models.ts';

team.isAlwaysShared = true;
const quiet = { verbose: 0 } as const;
const { x, y } = labelled(50);
const available = threads();
afterEach(() => setThreads(available));

/** Ragged batches: 50 rows are 16 + 16 + 16 + 2. */
async function trained(seed: number, options: { seed?: number; shuffle?: boolean } = {}): Promise<Bits> {
  const model = classifier(seed);
  await model.fit(x, y, { ...quiet, epochs: 3, batchSize: 16, ...options });
  return bitsOf(model);
}

describe('seeds', () => {
  test('the same ones give the same weights', async () => {
    expect(differenceOf(await trained(7, { seed: 3 }), await trained(7, { seed: 3 }))).toBeUndefined();
  });

  test('setSeed alone decides where fit is given no seed', async () => {
    expect(differenceOf(await trained(7), await trained(7))).toBeUndefined();
    expect(differenceOf(await trained(7), await trained(8))).toBeDefined();
  });

  test('fit’s own decides about the order of the rows, which shuffle: false leaves as it is', async () => {
    expect(differenceOf(await trained(7, { seed: 3 }), await trained(7, { seed: 4 }))).toBeDefined();
    const ordered = await trained(7, { seed: 3, shuffle: false });
    expect(differenceOf(ordered, await trained(7, { seed: 4, shuffle: false }))).toBeUndefined();
    expect(differenceOf(ordered, await trained(7, { seed: 3 }))).toBeDefined();
  });
});

/** Large enough that every thread gets a share, with dropout, and a smaller batch at the end. */
function wide(): { model: Model; optimizer: Optimizer; loss: ReturnType<typeof sparseCategoricalCrossentropy> } {
  setSeed(11);
  const model = sequential([
    dense(96, { activation: 'relu', inputShape: [64] }),
    dropout(0.3),
    dense(40, { activation: 'sigmoid' }),
    dense(5),
  ]);
  const optimizer = adam(0.01);
  const loss = sparseCategoricalCrossentropy({ fromLogits: true });
  model.compile({ optimizer, loss, metrics: ['accuracy'] });
  return { model, optimizer, loss };
}

const many = labelled(300, 64, 5);
const options = { ...quiet, epochs: 2, batchSize: 128, seed: 2 } as const;

test('1, 2 and 3 threads give the same weights and the same history', async () => {
  const trainedOn = async (count: number): Promise<{ bits: Bits; history: object }> => {
    setThreads(count);
    const { model } = wide();
    const { history } = await model.fit(many.x, many.y, { ...options, validationSplit: 0.1 });
    return { bits: bitsOf(model), history };
  };
  const one = await trainedOn(1);
  for (const count of [2, 3]) {
    const more = await trainedOn(count);
    expect(differenceOf(more.bits, one.bits), `${count} threads`).toBeUndefined();
    expect(more.history).toEqual(one.history);
  }
});

test('fit gives the weights of its formulas written down step by step', async () => {
  const compiled = wide();
  await compiled.model.fit(many.x, many.y, options);
  const { model, optimizer, loss } = wide();
  const variables = model.trainableVariables;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    for (const rows of batches(300, options.batchSize, { shuffle: true, seed: options.seed, epoch })) {
      const prediction = model.call(many.x.gather(rows), { training: true });
      optimizer.apply(gradients(loss(many.y.gather(rows), prediction), variables), variables);
    }
  }
  expect(differenceOf(bitsOf(model), bitsOf(compiled.model))).toBeUndefined();
});

test('other computations at the same time change no bit', async () => {
  const alone = wide().model;
  await alone.fit(many.x, many.y, options);
  const other = sequential([dense(3, { inputShape: [64] })]);
  const { model } = wide();
  const training = model.fit(many.x, many.y, options);
  for (let i = 0; i < 5; i++) await other.predict(many.x);
  await training;
  expect(differenceOf(bitsOf(model), bitsOf(alone))).toBeUndefined();
});
