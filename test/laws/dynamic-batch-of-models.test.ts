// Dynamic batches of models whose layers mix row fusions with sums over the batch: a training step gives the bits of a plan for exactly its
// rows, and runs a shared plan where every row is treated alike.

import {
  activation,
  batchNormalization,
  dense,
  embedding,
  layerNormalization,
  lstm,
  transformerEncoder,
} from '@treadle/nn';
import { adam } from '@treadle/optim';
import { team } from '@treadle/runtime';
import {
  type CompileOptions,
  compile,
  gradients,
  memory,
  setSeed,
  setThreads,
  shutdown,
  type Tensor,
  type TensorData,
  tensor,
} from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';
import { type Shape, sizeOf } from '../support/reference.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const isLong = process.env.TREADLE_TEST_LONG !== undefined;

interface Case {
  /** the shape of a row */
  readonly sample: Shape;
  readonly model: () => Model;
  readonly loss: (y: Tensor) => Tensor;
  /** whether one plan must serve all numbers of rows */
  readonly isShared: boolean;
}

const cases: Readonly<Record<string, Case>> = {
  'batch normalization of features': {
    sample: [8],
    model: () => sequential([dense(8, { activation: 'relu' }), batchNormalization(), dense(3)]),
    loss: (y) => y.softmax().log().mean().neg(),
    isShared: true,
  },
  'batch normalization of channels over two axes': {
    sample: [6, 4],
    model: () => sequential([dense(16), batchNormalization(), dense(5, { activation: 'tanh' })]),
    loss: (y) => y.square().mean([0, 1]).sqrt().sum(),
    isShared: true,
  },
  'layer normalization and softmax': {
    sample: [40],
    model: () => sequential([dense(72), layerNormalization(), dense(17, { activation: 'softmax' })]),
    loss: (y) => y.add(1e-3).log().sum(-1).mean().neg(),
    isShared: true,
  },
  attention: {
    sample: [6, 8],
    model: () => sequential([transformerEncoder(12, 2), dense(4)]),
    loss: (y) => y.square().mean(),
    isShared: true,
  },
  'what a recurrent layer remembers': {
    sample: [5, 3],
    model: () => sequential([lstm(4), dense(2)]),
    loss: (y) => y.square().mean(),
    isShared: false,
  },
  'extremes and sums over several axes, the batch among them': {
    sample: [4, 6],
    model: () => sequential([dense(8)]),
    loss: (y) =>
      y
        .max([0, 2])
        .sum()
        .add(y.square().sum([0, 1]).sqrt().mean())
        .add(y.variance([0, 1, 2])),
    isShared: true,
  },
  'rows of a table that move by themselves': {
    sample: [3],
    model: () => {
      const numbers = activation((x) => x.add(2).mul(2500));
      return sequential([numbers, embedding(40_000, 4, { sparseGradient: true }), dense(2)]);
    },
    loss: (y) => y.square().mean(),
    isShared: true,
  },
  'sums over axes that do not lie like one': {
    sample: [4, 6],
    model: () => sequential([dense(8)]),
    loss: (y) =>
      y
        .transpose([0, 2, 1])
        .tanh()
        .sum([0, 1])
        .square()
        .mean()
        .add(y.transpose([2, 0, 1]).exp().mean([1, 2]).sum()),
    isShared: true,
  },
};

const allRows = 1003;
const values = noise(allRows * 48, 1);

type Step = (x: Tensor, rows: Tensor) => Tensor[];

/** Losses, predictions and weights after every batch of the sizes. */
function trained(
  { sample, model: make, loss }: Case,
  sizes: readonly number[],
  stepFor: (compiled: (options: CompileOptions) => Step) => Step,
): TensorData[] {
  setSeed(5);
  const model = make();
  model.build(sample);
  const optimizer = adam(0.05);
  const variables = model.trainableVariables;
  const step = (x: Tensor, rows: Tensor): Tensor[] => {
    const y = model.call(x.gather(rows), { training: true });
    const value = loss(y);
    optimizer.apply(gradients(value, variables), variables);
    return [value, y];
  };
  const x = tensor(values.subarray(0, allRows * sizeOf(sample)), { shape: [allRows, ...sample] });
  const run = stepFor((options) => compile(step, options));
  return sizes.flatMap((size, i) => {
    const rows = tensor(Int32Array.from({ length: size }, (_, r) => (r * 7 + i) % allRows));
    return [...run(x, rows), ...Object.values(model.getWeights())].map((t) => t.data());
  });
}

/** The plans that only `given` needs, beside those of all sizes. */
function check(given: Case, sizes: readonly number[]): void {
  let [first, last] = [0, 0];
  const shared = trained(given, sizes, (compiled) => {
    const step = compiled({ capacity: (rows) => rows });
    return (x, rows) => {
      const results = step(x, rows);
      first ||= memory().plans;
      last = memory().plans;
      return results;
    };
  });
  if (given.isShared) expect(last, `plans, for ${sizes}`).toBe(first);
  const alone = trained(given, sizes, (compiled) => (x, rows) => compiled({})(x, rows));
  expect(shared.length).toBe(alone.length);
  shared.forEach((data, i) => {
    const different = differenceOfData(data, alone[i]!);
    expect(different && `rows ${sizes}, value ${i} of ${alone.length}: ${different}`).toBeUndefined();
  });
}

const descending = (rows: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
  fc.array(rows, { minLength: 2, maxLength: 4 }).map((sizes) => sizes.sort((a, b) => b - a));

test.each(Object.entries(cases))(
  '%s',
  (_, given) => {
    setThreads(1);
    const few = fc.property(descending(fc.integer({ min: 2, max: 33 })), (sizes) => check(given, sizes));
    fc.assert(few, { numRuns: isLong ? 200 : 6 });
    setThreads(3);
    const many = fc.property(descending(fc.constantFrom(2, 100, 520, 700, 1000)), (sizes) => check(given, sizes));
    fc.assert(many, { numRuns: isLong ? 40 : 2 });
  },
  600_000,
);
