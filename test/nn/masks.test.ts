// The laws of masks: what a mask leaves out changes nothing, and a mask goes where it belongs.

import {
  add,
  batchNormalization,
  bidirectional,
  concatenate,
  dense,
  embedding,
  flatten,
  globalAveragePooling1d,
  globalMaxPooling1d,
  gru,
  type Layer,
  lstm,
  masking,
  multiHeadAttention,
  Sequential,
  simpleRnn,
  timeDistributed,
  transformerEncoder,
} from '@treadle/nn';
import { concat, gradients, ones, randomNormal, setSeed, type Tensor, tensor, zeros } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { difference } from '../support/bits.ts';
import { computeBounded } from '../support/running-error.ts';
import { apply } from './apply.ts';

const [batch, units, features] = [2, 4, 3];

/** A sequence of `steps`, and the same with `more` steps of noise after it, which the mask leaves out. */
function padded(steps: number, more: number): { x: Tensor; long: Tensor; mask: Tensor } {
  const x = randomNormal([batch, steps, features], { seed: steps });
  const long = concat([x, randomNormal([batch, more, features], { seed: 99, stddev: 9 })], 1);
  const mask = concat([ones([batch, steps], { dtype: 'bool' }), zeros([batch, more], { dtype: 'bool' })], 1);
  return { x: x.realize(), long: long.realize(), mask };
}

const sizes = fc.record({ steps: fc.integer({ min: 1, max: 5 }), more: fc.integer({ min: 1, max: 4 }) });

describe.each([
  ['simpleRnn', () => simpleRnn(units)],
  ['lstm', () => lstm(units)],
  ['gru', () => gru(units)],
  ['bidirectional lstm', () => bidirectional(lstm(units))],
] as const)('%s', (_, make) => {
  test('of a padded sequence gives the bits that the sequence alone has', () => {
    fc.assert(
      fc.property(sizes, ({ steps, more }) => {
        const { x, long, mask } = padded(steps, more);
        const layer = make();
        expect(difference(apply(layer, long, false, [mask]), apply(layer, x))).toBeUndefined();
      }),
      { numRuns: 6 },
    );
  });

  test('refuses a mask of other sequences', () => {
    const { x } = padded(3, 1);
    expect(() => apply(make(), x, false, [ones([batch, 4], { dtype: 'bool' })])).toThrow(
      'a mask must have the first axes of its input; got [2, 4] for [2, 3, 3]',
    );
  });

  test('takes no gradient from steps that are left out', () => {
    const { long, mask } = padded(2, 2);
    const layer = make();
    const x = long.realize();
    const [dx] = gradients(apply(layer, x, false, [mask]).sum(), [x]);
    expect(dx?.slice([0, 2]).abs().max().item()).toBe(0);
    expect(dx?.slice([0, 0], [batch, 2]).abs().max().item()).toBeGreaterThan(0);
  });
});

describe.each([
  ['multiHeadAttention', () => multiHeadAttention(2, 3)],
  ['transformerEncoder', () => transformerEncoder(5, 1)],
] as const)('%s', (_, make) => {
  test('of a padded sequence gives the values that the sequence alone has', () => {
    fc.assert(
      fc.property(sizes, ({ steps, more }) => {
        const { x, long, mask } = padded(steps, more);
        setSeed(3);
        const layer = make();
        const [alone, all] = [
          apply(layer, x).data(),
          apply(layer, long, false, [mask]).slice([0, 0], [batch, steps]).data(),
        ];
        // the sums over keys have zeros among their terms and may be added up in other groups: some hundred roundings at most
        alone.forEach((value, i) => {
          expect(Math.abs(all[i]! - value)).toBeLessThanOrEqual(256 * 2 ** -24 * Math.max(1, Math.abs(value)));
        });
      }),
      { numRuns: 6 },
    );
  });
});

/** Fails unless both are the same number, as near as the ops of both allow. */
function agree(a: Tensor, b: Tensor, given: Parameters<typeof computeBounded>[1] = new Map()): void {
  const [bounded, other] = computeBounded([a.node, b.node], given);
  const [values, others] = [a.data(), b.data()];
  expect(values).toHaveLength(others.length);
  values.forEach((value, i) => {
    const bound = (bounded?.errors[i] ?? 0) + (other?.errors[i] ?? 0);
    expect(Math.abs(value - (others[i] ?? Number.NaN))).toBeLessThanOrEqual(bound);
  });
}

describe('pooling over all steps', () => {
  const pools = [
    { name: 'the mean', pool: globalAveragePooling1d },
    { name: 'the largest', pool: globalMaxPooling1d },
  ];

  test.each(pools)('$name of a padded sequence is that of the sequence alone', ({ name, pool }) => {
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ steps, more }, keepDims) => {
        const { x, long, mask } = padded(steps, more);
        const layer = pool({ keepDims });
        const [all, alone] = [apply(layer, long, true, [mask]), apply(layer, x)];
        if (name === 'the mean') agree(all, alone);
        else expect(difference(all, alone)).toBeUndefined();
      }),
      { numRuns: 12 },
    );
  });

  test.each(pools)('$name takes no gradient from steps that are left out, and is 0 where all are', ({ pool }) => {
    const { long, mask } = padded(2, 2);
    const x = long.realize();
    const [dx] = gradients(apply(pool(), x, true, [mask]).sum(), [x]);
    expect(dx?.slice([0, 2]).abs().max().item()).toBe(0);
    expect(dx?.slice([0, 0], [batch, 2]).abs().max().item()).toBeGreaterThan(0);
    const none = apply(pool(), x, true, [zeros([batch, 4], { dtype: 'bool' })]);
    expect(none.abs().max().item()).toBe(0);
    expect(gradients(none.sum(), [x])[0]?.abs().max().item()).toBe(0);
  });
});

describe('batchNormalization', () => {
  test('of padded sequences normalizes by the steps that count, and so do its moving averages', () => {
    fc.assert(
      fc.property(sizes, ({ steps, more }) => {
        const { x, long, mask } = padded(steps, more);
        const [alone, all] = [batchNormalization(), batchNormalization()];
        for (const layer of [alone, all]) layer.build([steps, features]);
        const given = new Map([...alone.variables, ...all.variables].map((v) => [v.node, [...v.data()]]));
        agree(apply(all, long, true, [mask]).slice([0, 0], [batch, steps]), apply(alone, x, true), given);
        all.variables.forEach((v, i) => {
          const values = v.data();
          // averages of figures of order 1: some hundred roundings at most
          alone.variables[i]?.data().forEach((value, j) => {
            expect(Math.abs((values[j] ?? Number.NaN) - value)).toBeLessThanOrEqual(
              256 * 2 ** -24 * Math.max(1, value),
            );
          });
        });
      }),
      { numRuns: 12 },
    );
  });

  test('of a batch without valid steps leaves the moving averages unchanged', () => {
    const layer = batchNormalization();
    const { x } = padded(3, 1);
    apply(layer, x, true);
    const before = layer.variables.map((v) => v.data());
    apply(layer, x, true, [zeros([batch, 3], { dtype: 'bool' })]);
    expect(layer.variables.map((v) => v.data())).toEqual(before);
  });

  test('refuses a mask of other sequences', () => {
    const { x } = padded(3, 1);
    expect(() => apply(batchNormalization(), x, true, [ones([batch, 4], { dtype: 'bool' })])).toThrow(
      'batchNormalization: a mask must have the first axes of its input; got [2, 4] for [2, 3, 3]',
    );
  });
});

test('with a causal mask, no position depends on those after it', () => {
  const layer = multiHeadAttention(2, 3, { useCausalMask: true });
  const x = randomNormal([1, 5, 4], { seed: 1 }).realize();
  const y = apply(layer, x);
  for (let t = 0; t < 5; t++) {
    const [dx] = gradients(y.slice([0, t, 0], [1, t + 1, 1]).sum(), [x]);
    const seen = dx?.abs().max(2).toArray();
    expect(seen).toEqual([[...Array.from({ length: 5 }, (_, s) => (s <= t ? expect.any(Number) : 0))]]);
  }
  const without = apply(layer, concat([x.slice([0, 0], [1, 3]), randomNormal([1, 2, 4], { seed: 2 })], 1));
  expect(difference(without.slice([0, 0], [1, 3]), y.slice([0, 0], [1, 3]))).toBeUndefined();
});

describe('a mask', () => {
  const words = tensor([
    [3, 1, 0, 0],
    [2, 2, 4, 0],
  ]).cast('int32');

  test('is what embedding(…, { maskZero: true }) and masking find, and nothing else', () => {
    const mask = (layer: Layer, x: Tensor): unknown => layer.outputMask?.([x], [undefined])?.toArray();
    expect(mask(embedding(5, 2, { maskZero: true }), words)).toEqual([
      [true, true, false, false].map(Number),
      [true, true, true, false].map(Number),
    ]);
    expect(mask(embedding(5, 2), words)).toBeUndefined();
    const x = tensor([
      [
        [1, 0],
        [7, 7],
        [7, 1],
        [7, 7],
      ],
    ]);
    expect(mask(masking(7), x)).toEqual([[1, 0, 1, 0]]);
    expect(apply(masking(7), x).toArray()).toEqual([
      [
        [1, 0],
        [0, 0],
        [7, 1],
        [0, 0],
      ],
    ]);
  });

  test('travels through the layers of a model to those that heed it', () => {
    const layers = [
      embedding(5, 3, { maskZero: true }),
      dense(3, { activation: 'tanh' }),
      timeDistributed(dense(3)),
      lstm(2),
    ];
    const model = new Sequential(layers);
    const short = model.call(words.slice([0, 0], [1, 2]));
    expect(difference(model.call(words.slice([0], [1])), short)).toBeUndefined();
    expect(
      difference(
        new Sequential([new Sequential(layers.slice(0, 2)), ...layers.slice(2)]).call(words.slice([0], [1])),
        short,
      ),
    ).toBeUndefined();
  });

  test('ends where a layer does not say what becomes of it, and is joined where inputs are', () => {
    const [a, b] = [tensor([[true, true, false]]), tensor([[true, false, true]])];
    const x = ones([1, 3, 2]);
    expect(flatten().outputMask).toBeUndefined();
    expect(add().outputMask?.([x, x], [a, b])?.toArray()).toEqual([[1, 0, 0]]);
    expect(add().outputMask?.([x, x], [undefined, b])).toBe(b);
    expect(concatenate().outputMask?.([x, x], [a, b])?.toArray()).toEqual([[1, 0, 0]]);
    expect(concatenate({ axis: 1 }).outputMask?.([x, x], [a, b])).toBeUndefined();
    expect(lstm(2).outputMask?.([x], [a])).toBeUndefined();
    expect(lstm(2, { returnSequences: true, goBackwards: true }).outputMask?.([x], [a])?.toArray()).toEqual([
      [0, 1, 1],
    ]);
  });
});
