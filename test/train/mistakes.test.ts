// Mistakes that would train without an error and learn nothing: those that are certain are refused, the others are warned of once,
// and nothing else is.

import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  klDivergence,
  type Loss,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from '@treadle/losses';
import {
  type ActivationName,
  activation,
  activationName,
  activationOf,
  activations,
  conv1d,
  dense,
  flatten,
  type Layer,
  outputRangeOf,
  Sequential,
  timeDistributed,
} from '@treadle/nn';
import { linspace, ones, type Tensor, tensor, zeros } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { labelled, linear } from './models.ts';

const warn = vi.spyOn(process, 'emitWarning');
beforeEach(() => void warn.mockReset());
afterEach(() => void warn.mockReset());
const warnings = (): readonly string[] => warn.mock.calls.map(([text]) => String(text));
const quiet = { verbose: 0 } as const;

const names = Object.keys(activations).map(activationName);

/** What an activation gives over a wide range of figures, two at a time. */
function sampled(name: ActivationName): ArrayLike<number> {
  const x = linspace(-60, 60, 4096);
  const pairs = tensor(Float32Array.from({ length: 8192 }, (_, i) => (i % 2 === 0 ? x.data()[i >> 1]! : 0)));
  return activationOf(name)(pairs.reshape([4096, 2])).data();
}

test.each(names)('the range of %s holds for all its results', (name) => {
  const range = outputRangeOf(activationOf(name));
  const values = Float64Array.from(sampled(name));
  // two roundings beyond the bounds at most
  const slack = 1 + 2 ** -22;
  expect(
    values.every((value) => value <= Math.max(0, range!.high * slack) && value >= Math.min(0, range!.low * slack)),
  ).toBe(true);
  expect(range?.isDistribution).toBe(name === 'softmax');
});

interface Expecting {
  readonly name: string;
  readonly loss: Loss;
  readonly fromLogits: boolean;
}

const expecting: readonly Expecting[] = [false, true].flatMap((fromLogits) => [
  { name: 'binaryCrossentropy', loss: binaryCrossentropy({ fromLogits }), fromLogits },
  { name: 'binaryFocalCrossentropy', loss: binaryFocalCrossentropy({ fromLogits }), fromLogits },
  { name: 'categoricalCrossentropy', loss: categoricalCrossentropy({ fromLogits }), fromLogits },
]);

/** Ways in which a model may end in an activation. */
const ends: Readonly<Record<string, (name: ActivationName) => readonly Layer[]>> = {
  'of dense': (name) => [dense(2, { activation: name })],
  'of its own': (name) => [dense(2), activation(name)],
  'as a function': (name) => [dense(2, { activation: activationOf(name) })],
  'of a convolution': (name) => [conv1d(2, 1, { activation: name })],
  'before flatten': (name) => [dense(2, { activation: name }), flatten()],
  'of a model within': (name) => [new Sequential([dense(2, { activation: name })])],
  'at each step': (name) => [timeDistributed(dense(2, { activation: name }))],
};

function compiled(layers: readonly Layer[], loss: Loss): Model {
  const model = sequential(layers);
  model.compile({ optimizer: 'sgd', loss });
  return model;
}

describe('a last activation', () => {
  test('is warned of once, where and only where its numbers are not what the loss takes', async () => {
    const cases = fc.record({
      name: fc.constantFrom(...names),
      end: fc.constantFrom(...Object.keys(ends)),
      at: fc.nat(expecting.length - 1),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ name, end, at }) => {
        const { name: lossName, loss, fromLogits } = expecting[at]!;
        warn.mockReset();
        const model = compiled(ends[end]!(name), loss);
        const x = zeros([2, 1, 3]);
        const y = zeros([2, ...model.build([1, 3])]);
        for (let i = 0; i < 2; i++) await model.evaluate(x, y);
        await model.fit(x, y, quiet);
        const isProbability = Array.from(sampled(name)).every((value) => value >= 0 && value <= 1);
        const isRight = fromLogits ? !isProbability : isProbability;
        const doubts = warnings().filter((text) => !text.startsWith('fit: the loss is NaN'));
        expect(doubts).toEqual(isRight ? [] : [expect.stringMatching(new RegExp(`^${lossName}: .*fromLogits`))]);
      }),
      { numRuns: 60, examples: names.map((name, i) => [{ name, end: 'of dense', at: i % expecting.length }]) },
    );
  });

  test('names the mistake and its remedy', async () => {
    const { x, y } = labelled(6);
    await compiled([dense(3, { name: 'answer' })], sparseCategoricalCrossentropy()).evaluate(x, y);
    expect(warnings()).toEqual([
      'sparseCategoricalCrossentropy: predictions should be probabilities, from 0 to 1; got those of no activation, from −∞ to ∞; ' +
        'fromLogits: true is for a last layer without an activation, otherwise the last layer should have softmax or sigmoid; at the output answer',
    ]);
    warn.mockReset();
    const twice = sparseCategoricalCrossentropy({ fromLogits: true });
    await compiled([dense(3, { activation: 'softmax', name: 'answer' })], twice).evaluate(x, y);
    expect(warnings()).toEqual([
      'sparseCategoricalCrossentropy: with fromLogits, predictions should be logits, which no softmax has been applied to; got ' +
        'those of softmax; leave out either of them; at the output answer',
    ]);
    warn.mockReset();
    await compiled([dense(2)], klDivergence()).evaluate(x, ones([6, 2]));
    expect(warnings()).toEqual([expect.stringMatching(/to ∞; the last layer should have softmax/)]);
  });

  test('of one’s own, in a layer of one’s own, or before a loss of one’s own is no mistake', async () => {
    const { x, y } = linear(4);
    const own: Layer = { variables: [], build: (shape) => shape, call: (t) => t.mul(2) };
    const loss: Loss = (yTrue, yPred) => binaryCrossentropy({ fromLogits: true })(yTrue, yPred);
    const targets = y.greater(0).cast('float32');
    await compiled([dense(1, { activation: (t: Tensor) => t.tanh() })], binaryCrossentropy()).evaluate(x, targets);
    await compiled([dense(1), own], binaryCrossentropy()).evaluate(x, targets);
    await compiled([dense(1, { activation: 'sigmoid' })], loss).evaluate(x, targets);
    await compiled([dense(1)], meanSquaredError()).fit(x, y, quiet);
    expect(warnings()).toEqual([]);
  });
});

describe('refused, before any weight has changed:', () => {
  test('a softmax of one unit, which is always 1', async () => {
    const { x } = linear(4);
    const model = compiled([dense(1, { activation: 'softmax', name: 'p' })], binaryCrossentropy());
    const expected =
      'an output must depend on the input; got softmax of one unit at p, which is always 1; sigmoid makes a probability of one unit';
    await expect(model.fit(x, ones([4, 1]), quiet)).rejects.toThrow(`fit: ${expected}`);
    await expect(model.evaluate(x, ones([4, 1]))).rejects.toThrow(RangeError);
  });

  test.each([
    ['binaryCrossentropy', binaryCrossentropy()],
    ['binaryCrossentropy', binaryCrossentropy({ fromLogits: true })],
    ['binaryFocalCrossentropy', binaryFocalCrossentropy()],
  ] as const)('targets of %s that are neither yes nor no nor between', async (name, loss) => {
    const x = zeros([4, 2]);
    const activationName = loss.warningFor?.({ low: 0, high: 1, from: '' }) ? 'linear' : 'sigmoid';
    const model = compiled([dense(1, { activation: activationName })], loss);
    for (const wrong of [9, -1, 1.01]) {
      await expect(model.fit(x, [[0], [1], [wrong], [0.5]], quiet)).rejects.toThrow(
        `fit: targets of ${name} must be from 0 to 1; got ${Math.fround(wrong)} in row 2; sparseCategoricalCrossentropy is for`,
      );
    }
    await expect(model.fit(x, [[0], [1 + 2 ** -23], [0.3], [1]], quiet)).resolves.toBeDefined();
    expect(warnings()).toEqual([]);
  });

  test('x that is not finite, wherever it is, of any size', async () => {
    const cases = fc.record({
      rows: fc.constantFrom(1, 3, 40, 2 ** 15 + 1),
      wrong: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, wrong, at }) => {
        const values = new Float32Array(8 * rows).fill(-1);
        const place = Math.floor(8 * rows * at);
        values[place] = wrong;
        const model = compiled([dense(1)], meanSquaredError());
        const [x, y] = [tensor(values, { shape: [rows, 8] }), zeros([rows, 1])];
        const expected = `x must hold finite numbers; got ${wrong} in row ${Math.floor(place / 8)}`;
        await expect(model.fit(x, y, quiet)).rejects.toThrow(`fit: ${expected}`);
        await expect(model.evaluate(x, y)).rejects.toThrow(`evaluate: ${expected}`);
      }),
      { numRuns: 16 },
    );
  });
});

test('a loss that becomes NaN is warned of once, when it does', async () => {
  const { x, y } = linear(12);
  const model = compiled([dense(1, { inputShape: [2] })], meanSquaredError());
  const onEpochEnd = (epoch: number): void => {
    expect(warnings()).toHaveLength(epoch > 1 ? 1 : 0);
    if (epoch === 1) model.variables[0]?.assign([[Number.NaN], [0]]);
  };
  await model.fit(x, y, { ...quiet, epochs: 4, batchSize: 4, callbacks: [{ onEpochEnd }] });
  expect(warnings()).toEqual([
    expect.stringMatching(/^fit: the loss is NaN from batch 0 of epoch 2 on, .* learning rate .* clipNorm/),
  ]);
});
