// The laws of freezing: what is frozen keeps its bits, and all else learns as if it were a constant, whatever was frozen before.

import { sparseCategoricalCrossentropy } from '@treadle/losses';
import {
  batchNormalization,
  bidirectional,
  dense,
  type Layer,
  lstm,
  type Network,
  networkFrom,
  Sequential,
  timeDistributed,
} from '@treadle/nn';
import { adam } from '@treadle/optim';
import { gradients, randomNormal, setSeed, standardize, type Tensor, type Variable } from '@treadle/tensor';
import { type Callback, type Model, sequential } from '@treadle/train';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, differenceOf, labelled } from './models.ts';

const rows = 20;
const { x, y } = labelled(rows);
const quiet = { verbose: 0, batchSize: 8, shuffle: false } as const;

/** What is frozen while a model learns. */
interface Frozen {
  readonly first: boolean;
  readonly norm: boolean;
  /** a model within the model */
  readonly inner: boolean;
  /** one variable of the last layer */
  readonly bias: boolean;
}

const none: Frozen = { first: false, norm: false, inner: false, bias: false };
const frozen: fc.Arbitrary<Frozen> = fc.record({
  first: fc.boolean(),
  norm: fc.boolean(),
  inner: fc.boolean(),
  bias: fc.boolean(),
});

interface Learner {
  readonly model: Model;
  freeze(which: Frozen): void;
}

function make(): Learner {
  setSeed(5);
  const first = dense(5, { activation: 'tanh', inputShape: [4], name: 'first' });
  const norm = batchNormalization({ name: 'norm' });
  const inner = new Sequential([dense(4, { activation: 'tanh', name: 'in' })], { name: 'inner' });
  const model = sequential([first, norm, inner, dense(3, { activation: 'softmax', name: 'last' })]);
  model.compile({ optimizer: adam(0.05), loss: 'sparseCategoricalCrossentropy' });
  return {
    model,
    freeze: (which) => {
      first.trainable = !which.first;
      norm.trainable = !which.norm;
      inner.trainable = !which.inner;
      find(model, 'last/bias').trainable = !which.bias;
    },
  };
}

function find(model: Model, name: string): Variable {
  const found = model.namedVariables.get(name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

const namesOf = (which: Frozen): readonly string[] => [
  ...(which.first ? ['first/kernel', 'first/bias'] : []),
  ...(which.norm ? ['norm/gamma', 'norm/beta'] : []),
  ...(which.inner ? ['inner/in/kernel', 'inner/in/bias'] : []),
  ...(which.bias ? ['last/bias'] : []),
];

/** What the model computes, written down: what is frozen is a constant. */
function forward(model: Model, which: Frozen, batch: Tensor): Tensor {
  const constants = new Set(namesOf(which));
  const get = (name: string): Tensor => (constants.has(name) ? find(model, name).detach() : find(model, name));
  const linear = (input: Tensor, name: string): Tensor => input.matmul(get(`${name}/kernel`)).add(get(`${name}/bias`));
  const h = linear(batch, 'first').tanh();
  const [movingMean, movingVariance] = [find(model, 'norm/movingMean'), find(model, 'norm/movingVariance')];
  const [gamma, beta] = ['norm/gamma', 'norm/beta'].map((name) => get(name).reshape([1, 5]));
  const { values, mean, variance } = standardize(h, 0, { epsilon: 1e-3, gamma, beta });
  if (!which.norm) {
    for (const [moving, latest] of [
      [movingMean, mean],
      [movingVariance, variance],
    ] as const) {
      moving.assign(
        moving.add(
          latest
            .reshape([5])
            .sub(moving)
            .mul(1 - 0.99),
        ),
      );
    }
  }
  const inference = (): Tensor => {
    const scale = movingVariance.detach().add(1e-3).rsqrt().mul(get('norm/gamma'));
    return h.mul(scale).add(get('norm/beta').sub(movingMean.detach().mul(scale)));
  };
  const scaled = which.norm ? inference() : values;
  return linear(linear(scaled, 'inner/in').tanh(), 'last').softmax();
}

describe('what is frozen', () => {
  test('keeps its bits, and the rest learns as beside constants, in one training after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frozen, { minLength: 1, maxLength: 4 }), async (phases) => {
        const [{ model, freeze }, { model: plain }] = [make(), make()];
        const optimizer = adam(0.05);
        for (const which of phases) {
          freeze(which);
          const before = bitsOf(model);
          await model.fit(x, y, { ...quiet, epochs: 2 });
          const still = [...namesOf(which), ...(which.norm ? ['norm/movingMean', 'norm/movingVariance'] : [])];
          for (const name of still) expect(bitsOf(model).get(name)).toEqual(before.get(name));
          const moved = [...plain.namedVariables].filter(([name]) => !name.includes('moving') && !still.includes(name));
          const variables = moved.map(([, v]) => v);
          expect(model.trainableVariables.map(({ shape }) => shape)).toEqual(variables.map(({ shape }) => shape));
          for (const at of [0, 8, 16, 0, 8, 16]) {
            const [batch, targets] = [x, y].map((t) => t.slice([at], [Math.min(at + 8, rows)]));
            if (!batch || !targets) throw new Error('no batch');
            const loss = sparseCategoricalCrossentropy()(targets, forward(plain, which, batch));
            optimizer.apply(gradients(loss, variables), variables);
          }
          expect(differenceOf(bitsOf(model), bitsOf(plain))).toBeUndefined();
        }
      }),
      {
        numRuns: 8,
        examples: [[[none, { ...none, first: true, norm: true }, none]], [[{ ...none, inner: true }, none]]],
      },
    );
  });

  test('may change while a model learns: from the next step on', async () => {
    const [during, apart] = [make(), make()];
    const which = { ...none, first: true, norm: true };
    const thaw: Callback = { onBatchEnd: (batch) => void (batch === 0 && during.freeze(none)) };
    during.freeze(which);
    await during.model.fit(x, y, { ...quiet, callbacks: [thaw] });
    apart.freeze(which);
    await apart.model.fit(x.slice([0], [8]), y.slice([0], [8]), quiet);
    apart.freeze(none);
    await apart.model.fit(x.slice([8]), y.slice([8]), quiet);
    expect(differenceOf(bitsOf(during.model), bitsOf(apart.model))).toBeUndefined();
  });

  test('freezes a whole model and all inner layers', async () => {
    const { model } = make();
    model.trainable = false;
    expect(model.trainableVariables).toEqual([]);
    expect(model.layers.map(({ trainable }) => trainable)).toEqual([false, false, false, false]);
    const before = bitsOf(model);
    await model.fit(x, y, quiet);
    expect(differenceOf(bitsOf(model), before)).toBeUndefined();
    expect(model.summary()).toContain('Trainable params: 0 ');
    model.trainable = true;
    expect(model.trainableVariables).toHaveLength(8);
    const inner = batchNormalization();
    timeDistributed(inner).trainable = false;
    expect(inner.trainable).toBe(false);
    const both = bidirectional(lstm(2));
    both.build([3, 2]);
    both.trainable = false;
    expect(new Sequential([both]).trainableVariables).toEqual([]);
  });

  test('is so in a model made again from its config', () => {
    fc.assert(
      fc.property(frozen, (which) => {
        const { model, freeze } = make();
        freeze({ ...which, bias: false }); // a single variable is no part of a config
        const names = (some: Network): readonly string[] =>
          [...some.namedVariables].filter(([, v]) => some.trainableVariables.includes(v)).map(([name]) => name);
        expect(names(networkFrom(model.config()))).toEqual(names(model));
        model.trainable = false;
        expect(networkFrom(model.config()).trainable).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  test('freezes a custom layer', () => {
    const { layers } = make().model;
    const [first] = layers;
    if (!first) throw new Error('no layer');
    const own: Layer = { variables: first.variables, build: () => [5], call: (t) => t, trainable: false };
    expect(new Sequential([own]).trainableVariables).toEqual([]);
    // a variable of two layers is frozen with either of them
    expect(new Sequential([first, { ...own, build: (shape) => shape }]).trainableVariables).toEqual([]);
  });
});

test('frozen batch normalization computes in training what it computes in inference', () => {
  const layer = batchNormalization();
  const batch = randomNormal([6, 3], { seed: 1 });
  layer.build([3]);
  layer.trainable = false;
  expect(layer.call(batch, { training: true }).data()).toEqual(layer.call(batch, { training: false }).data());
  layer.trainable = true;
  expect(layer.call(batch, { training: true }).data()).not.toEqual(layer.call(batch, { training: false }).data());
});

test('trainable is true or false', () => {
  expect(() => Object.assign(dense(1), { trainable: 0 })).toThrow('dense: trainable must be true or false; got 0');
});
