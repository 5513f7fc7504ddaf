// The laws of all losses that have a name. A loss that has no rows here does not compile.

import { type LossName, lossByName } from '@treadle/losses';
import { gradients, tensor, variable } from '@treadle/tensor';
import { expect, test } from 'vitest';
import { difference } from '../support/bits.ts';

interface Rows {
  readonly y: readonly (number | readonly number[])[];
  readonly p: readonly (readonly number[] | readonly (readonly number[])[])[];
}

const figures: Rows = {
  y: [
    [0.5, 2],
    [1, 0.25],
    [3, 1],
  ],
  p: [
    [1, 0.5],
    [0.25, 2],
    [1.5, 4],
  ],
};
const answers: Rows = {
  y: [
    [1, 0],
    [0, 0],
    [1, 1],
  ],
  p: [
    [0.75, 0.5],
    [0.25, 0.125],
    [0.5, 0.875],
  ],
};
const classes: Rows = {
  y: [
    [0, 1],
    [1, 0],
    [1, 0],
  ],
  p: [
    [0.25, 0.75],
    [0.5, 0.5],
    [0.125, 0.875],
  ],
};
const labels: Rows = { ...classes, y: [1, 0, 0] };
const times = [
  [0.5, 1, 0],
  [1, 0.25, 2],
  [0, 1, 0.5],
  [0, 0, 1],
];
const sequences: Rows = {
  y: [
    [1, 2],
    [2, 0],
    [1, 1],
  ],
  p: [times, times.map((row) => row.toReversed()), times.toReversed()],
};

const rows: { readonly [N in LossName]: Rows } = {
  binaryCrossentropy: answers,
  binaryFocalCrossentropy: answers,
  categoricalCrossentropy: classes,
  categoricalHinge: classes,
  cosineSimilarity: figures,
  ctc: sequences,
  hinge: answers,
  huber: figures,
  klDivergence: classes,
  logCosh: figures,
  mae: figures,
  mape: figures,
  meanAbsoluteError: figures,
  meanAbsolutePercentageError: figures,
  meanSquaredError: figures,
  meanSquaredLogarithmicError: figures,
  mse: figures,
  msle: figures,
  poisson: figures,
  sparseCategoricalCrossentropy: labels,
  squaredHinge: answers,
};

test.each(Object.entries(rows))('%s is one finite number, which weights of 1 do not change', (name, { y, p }) => {
  const loss = lossByName(name);
  const value = loss(tensor(y), tensor(p));
  expect(value.shape).toEqual([]);
  expect(value.item()).toSatisfy(Number.isFinite);
  expect(difference(loss(tensor(y), tensor(p), tensor([1, 1, 1])), value)).toBeUndefined();
});

test.each(Object.entries(rows))('%s has a finite gradient, which is 0 for rows of weight 0', (name, { y, p }) => {
  const prediction = variable(tensor(p));
  const [slope] = gradients(lossByName(name)(tensor(y), prediction, tensor([1, 0, 2])), [prediction]);
  const values = [...(slope?.data() ?? [])];
  expect(values.every(Number.isFinite)).toBe(true);
  const size = values.length / 3;
  expect(values.slice(size, 2 * size).every((x) => x === 0)).toBe(true);
  expect(values.some((x) => x !== 0)).toBe(true);
});
