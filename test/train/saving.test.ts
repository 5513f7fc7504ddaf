// A saved model is the same model: its predictions, its figures, and with the state of its optimizer its next steps, to the bit. What
// cannot be saved, and what a file does not hold, is an error that names it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTensors, saveTensors, tensorsFromBytes, tensorsToBytes } from '@treadle/formats';
import { huber, type Loss, lossByName, lossFrom, meanSquaredError } from '@treadle/losses';
import { metricByName, metricFrom, metrics } from '@treadle/metrics';
import {
  activations,
  batchNormalization,
  dense,
  dropout,
  input,
  type Layer,
  l2,
  layer,
  lstm,
  maxNorm,
  reshape,
} from '@treadle/nn';
import {
  adam,
  cosineDecay,
  cosineDecayRestarts,
  cyclicRate,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  optimizerFrom,
  optimizerOf,
  piecewiseConstantDecay,
  polynomialDecay,
  type Schedule,
  scheduleFrom,
  sgd,
  stepDecay,
  warmup,
} from '@treadle/optim';
import { type Config, type Configured, FormatError, randomNormal, setSeed, tensor, variable } from '@treadle/tensor';
import { loadModel, type Model, model, modelFromBytes, modelFromConfig, sequential } from '@treadle/train';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { rules } from '../optim/rules.ts';
import { difference } from '../support/bits.ts';
import { bitsOf, classifier, differenceOf, labelled, linear } from './models.ts';

const folder = mkdtempSync(join(tmpdir(), 'treadle-saving-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, `${name}.safetensors`);

/** The config as it comes back from a file. */
function kept({ config }: Configured): Config {
  return JSON.parse(JSON.stringify(config?.()));
}

const quiet = { verbose: 0, batchSize: 16, seed: 1 } as const;
const { x, y } = labelled(50);

describe('what is made again from its config', () => {
  test.each(rules)('$name makes the same steps', ({ make }) => {
    const made = make(0.05);
    const again = optimizerFrom(kept(made));
    expect(kept(again)).toEqual(kept(made));
    const [a, b] = [variable([0.5, -2, 3]), variable([0.5, -2, 3])];
    for (let step = 0; step < 3; step++) {
      made.apply([tensor([0.25, 1, -4])], [a]);
      again.apply([tensor([0.25, 1, -4])], [b]);
    }
    expect(difference(a, b)).toBeUndefined();
  });

  test.each<[string, Schedule & Configured]>([
    ['cosineDecay', cosineDecay(1, 10, { alpha: 0.5, warmupTarget: 2, warmupSteps: 3 })],
    ['cosineDecayRestarts', cosineDecayRestarts(1, 4, { tMul: 1.5, mMul: 0.5 })],
    ['cyclicRate', cyclicRate(0.1, 1, 5, { mode: 'triangular2' })],
    ['oneCycle', oneCycle(1, 20)],
    ['warmup of a schedule', warmup(exponentialDecay(1, 10, 0.5, { staircase: true }), 4)],
    ['stepDecay', stepDecay(1, 3)],
    ['inverseTimeDecay', inverseTimeDecay(1, 3, 0.5)],
    ['piecewiseConstantDecay', piecewiseConstantDecay([2, 7], [1, 0.5, 0.25])],
    ['polynomialDecay', polynomialDecay(1, 9, { power: 2, endRate: 0.1 })],
  ])('%s gives the same rates', (_, schedule) => {
    const again = scheduleFrom(kept(schedule));
    for (let step = 0; step < 12; step++) expect(again(step).item()).toBe(schedule(tensor(step)).item());
    expect(kept(optimizerFrom(kept(sgd(schedule))))).toEqual(kept(sgd(schedule)));
  });

  test('a loss and a metric keep their options', () => {
    const [yTrue, yPred] = [tensor([[0, 5]]), tensor([[1, 2]])];
    for (const loss of [huber({ delta: 0.5, reduction: 'sum' }), lossByName('mae'), lossByName('hinge')]) {
      expect(difference(lossFrom(kept(loss))(yTrue, yPred), loss(yTrue, yPred))).toBeUndefined();
    }
    for (const metric of [metrics.topKCategoricalAccuracy({ k: 1, name: 'first' }), metricByName('mse')]) {
      const again = metricFrom(kept(metric));
      expect(again.name).toBe(metric.name);
      expect(difference(again.update(yTrue, yPred).values, metric.update(yTrue, yPred).values)).toBeUndefined();
    }
  });

  test('what has no plain form is refused', () => {
    expect(() => adam((step) => step).config?.()).toThrow(
      'adam: learningRate must be a name, or made by this package, to be saved; got a custom one',
    );
    expect(() => huber({ delta: Number.POSITIVE_INFINITY }).config?.()).toThrow(
      'huber: delta must be a finite number to be saved; got Infinity',
    );
    expect(() => lossFrom({ kind: 'lost' })).toThrow('loss: the name must be one of');
    expect(() => lossFrom({ kind: 'huber', delta: -1 })).toThrow('huber: delta must be above 0; got -1');
    expect(() => scheduleFrom({ kind: 'warmup' })).toThrow('schedule: the arguments of warmup must be an array');
  });
});

/** Models with everything that a step can depend on. */
const makers: Readonly<Record<string, () => Model>> = {
  'a classifier': () => classifier(),
  'random layers and moving averages': () =>
    compiled([
      dense(6, {
        inputShape: [4],
        activation: activations.relu,
        kernelRegularizer: l2(0.1),
        kernelConstraint: maxNorm(1),
      }),
      batchNormalization(),
      dropout(0.5, { seed: 3 }),
      dense(3, { activation: 'softmax' }),
    ]),
  'a recurrent layer with dropout': () =>
    compiled([
      reshape([2, 2], { inputShape: [4] }),
      lstm(3, { dropout: 0.25, recurrentDropout: 0.25, seed: 1 }),
      dense(3, { activation: 'softmax' }),
    ]),
  'a frozen layer': () => {
    const made = compiled([dense(5, { inputShape: [4], name: 'still' }), dense(3, { activation: 'softmax' })]);
    made.layers.forEach((each, i) => {
      if (i === 0) each.trainable = false;
    });
    return made;
  },
};

function compiled(parts: readonly Layer[]): Model {
  setSeed(1);
  const made = sequential(parts);
  const rate = warmup(cosineDecay(0.01, 20), 3);
  const loss = 'sparseCategoricalCrossentropy';
  made.compile({ optimizer: adam(rate, { amsgrad: true, emaMomentum: 0.9 }), loss, metrics: [metrics.accuracy()] });
  return made;
}

describe.each(Object.entries(makers))('%s', (_, make) => {
  test('comes back with its state: the same figures, and the same next steps', async () => {
    const made = make();
    await made.fit(x, y, { ...quiet, epochs: 2 });
    const again = await modelFromBytes(await made.toBytes({ optimizer: true }));
    expect(again.config()).toEqual(made.config());
    expect(difference(await made.predict(x), await again.predict(x))).toBeUndefined();
    expect(await again.evaluate(x, y)).toEqual(await made.evaluate(x, y));
    const [first, second] = [await made.fit(x, y, quiet), await again.fit(x, y, quiet)];
    expect(second.history).toEqual(first.history);
    expect(differenceOf(bitsOf(again), bitsOf(made))).toBeUndefined();
  });

  test('comes back without its state as compile leaves it', async () => {
    const made = make();
    await made.fit(x, y, quiet);
    const again = await modelFromBytes(await made.toBytes());
    expect(again.optimizer.iterations.item()).toBe(0);
    expect(difference(await made.predict(x), await again.predict(x))).toBeUndefined();
  });

  test('clones itself', async () => {
    const made = make();
    const before = await made.predict(x);
    const twin = made.clone();
    await made.fit(x, y, quiet);
    expect(difference(await twin.predict(x), before)).toBeUndefined();
  });
});

test.each(rules)('$name goes on from its state', async ({ make }) => {
  const { x: rows, y: figures } = linear(20);
  const made = sequential([dense(3, { inputShape: [2] }), dense(1)]);
  made.compile({ optimizer: make(0.01), loss: 'mse' });
  await made.fit(rows, figures, { ...quiet, epochs: 2 });
  const again = await modelFromBytes(await made.toBytes({ optimizer: true }));
  const histories = [await made.fit(rows, figures, quiet), await again.fit(rows, figures, quiet)];
  expect(histories[1]?.history).toEqual(histories[0]?.history);
  expect(differenceOf(bitsOf(again), bitsOf(made))).toBeUndefined();
});

describe('a model of several inputs and outputs', () => {
  const make = (): Model<Readonly<Record<string, ReturnType<typeof tensor>>>> => {
    const [a, b] = [input([2], { name: 'a' }), input([2], { name: 'b' })];
    const shared = dense(2, { name: 'shared' });
    const made = model({ inputs: [a, b], outputs: { sum: dense(1)(shared(a)), other: dense(1)(shared(b)) } });
    made.compile({ optimizer: 'sgd', loss: { sum: 'mse', other: huber() }, metrics: { sum: ['mae'] } });
    return made;
  };

  test('comes back with the form of its results, its losses and its metrics', async () => {
    const made = make();
    const again = await modelFromBytes<Readonly<Record<string, ReturnType<typeof tensor>>>>(await made.toBytes());
    const inputs = { a: [[1, 2]], b: [[3, 4]] };
    const [first, second] = [await made.predict(inputs), await again.predict(inputs)];
    expect(Object.keys(second)).toEqual(['sum', 'other']);
    expect(second.sum?.toArray()).toEqual(first.sum?.toArray());
    const targets = { sum: [[1]], other: [[2]] };
    expect(await again.evaluate(inputs, targets)).toEqual(await made.evaluate(inputs, targets));
  });
});

describe('parts of the user’s own', () => {
  const cubed: Loss = (yTrue, yPred) => tensor(yPred).sub(yTrue).abs().pow(3).mean();
  const near = metrics.mean('near', (yTrue, yPred) => yPred.sub(yTrue).abs().less(0.5));
  const halved = (t: ReturnType<typeof tensor>): ReturnType<typeof tensor> => t.mul(0.5);
  const doubled = (): Layer =>
    layer({
      kind: 'doubled',
      variables: [],
      build: (s) => s,
      call: (t) => t.mul(2),
      config: () => ({ kind: 'doubled' }),
    });
  const descent = (): ReturnType<typeof optimizerOf> =>
    optimizerOf(
      { name: 'descent', slots: [], begin: (rate) => (v, dv) => ({ x: v.sub(dv.mul(rate)), state: [] }) },
      0.1,
    );
  const make = (): Model => {
    const made = sequential([dense(2, { inputShape: [2], activation: halved }), doubled(), dense(1)]);
    made.compile({ optimizer: descent(), loss: cubed, metrics: [near] });
    return made;
  };
  const own = {
    layers: { doubled },
    activations: { halved },
    losses: { cubed },
    metrics: { near },
    optimizers: { descent: descent() },
  };

  test('come back by their names', async () => {
    const { x: rows, y: figures } = linear(20);
    const made = make();
    const again = await modelFromBytes(await made.toBytes(), own);
    expect(await again.evaluate(rows, figures)).toEqual(await made.evaluate(rows, figures));
  });

  test.each([
    ['layers', 'layerFrom: the kind must be one of'],
    ['activations', 'activation: the name must be one of'],
    ['losses', 'loadModel: the loss cubed must be known'],
    ['metrics', 'loadModel: the metric near must be known'],
    ['optimizers', 'loadModel: the optimizer descent must be known'],
  ])('that are missing are named: %s', async (option, message) => {
    const bytes = await make().toBytes();
    await expect(modelFromBytes(bytes, { ...own, [option]: {} })).rejects.toThrow(message);
  });

  test('without a name are refused', async () => {
    const made = make();
    made.compile({ optimizer: 'sgd', loss: Object.defineProperty(() => tensor(0), 'name', { value: '' }) });
    await expect(made.toBytes()).rejects.toThrow('save: a loss of your own must have a name');
  });
});

describe('files', () => {
  test('hold the model, which safetensors readers can read', async () => {
    const made = classifier();
    await made.save(at('model'), { optimizer: true });
    const { tensors, metadata } = await loadTensors(at('model'));
    expect(Object.keys(tensors)).toEqual(
      expect.arrayContaining(['dense/kernel', 'answer/bias', 'optimizer/iterations', 'optimizer/learningRate']),
    );
    expect(JSON.parse(metadata.treadle ?? '').version).toMatch(/^\d+\.\d+\.\d+/);
    expect(differenceOf(bitsOf(await loadModel(at('model'))), bitsOf(made))).toBeUndefined();
  });

  test('keep what the model is when save is called, while it is trained on', async () => {
    const made = classifier();
    const before = bitsOf(made);
    const saved = made.save(at('before'));
    await made.fit(x, y, quiet);
    await saved;
    expect(differenceOf(bitsOf(await loadModel(at('before'))), before)).toBeUndefined();
  });

  test('that are damaged anywhere are refused, or give the same model', async () => {
    const made = classifier();
    const bytes = await made.toBytes();
    const right = bitsOf(made);
    const damaged = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(damaged, async ({ at: where, to }) => {
        const changed = bytes.slice();
        changed[where] = to;
        const outcome = await modelFromBytes(changed).then(bitsOf, (error: unknown) => error);
        if (outcome instanceof FormatError || outcome instanceof RangeError) return;
        if (outcome instanceof TypeError || outcome instanceof Error) throw outcome;
        if (outcome instanceof Map) expect(differenceOf(outcome, right)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  test('without a description, or without a weight, are refused', async () => {
    const plain = await tensorsToBytes({ 'dense/kernel': [[1]] });
    await expect(modelFromBytes(plain)).rejects.toThrow('loadModel: the file must hold a model that Treadle saved');
    const { tensors, metadata } = tensorsFromBytes(await classifier().toBytes());
    const { 'dense/bias': _, ...others } = tensors;
    await expect(modelFromBytes(await tensorsToBytes(others, { metadata }))).rejects.toThrow(
      'loadModel: every tensor must be as it was saved; got no such tensor for dense/bias',
    );
  });
});

describe('weights alone', () => {
  test('come back by their names, after a prefix', async () => {
    const [made, other] = [classifier(1), classifier(2)];
    await made.saveWeights(at('weights'), { prefix: 'teacher/' });
    const report = await other.loadWeights(at('weights'), { prefix: 'teacher/' });
    expect(report).toEqual({
      loaded: ['dense/kernel', 'dense/bias', 'answer/kernel', 'answer/bias'],
      missing: [],
      unexpected: [],
      mismatched: [],
    });
    expect(differenceOf(bitsOf(other), bitsOf(made))).toBeUndefined();
  });

  test('that do not fit are named, and nothing is assigned; strict: false assigns what fits', async () => {
    const made = classifier();
    const before = bitsOf(made);
    await saveTensors(at('other'), { 'dense/kernel': randomNormal([4, 8]), 'dense/bias': [1], more: [2] });
    await expect(made.loadWeights(at('other'))).rejects.toThrow(
      'loadWeights: the file must have the weights of the model; got no answer/kernel; no answer/bias; more, which the model does not ' +
        'have; dense/bias [1] float32 for [8] float32; { strict: false } assigns what fits',
    );
    expect(differenceOf(bitsOf(made), before)).toBeUndefined();
    expect(await made.loadWeights(at('other'), { strict: false })).toEqual({
      loaded: ['dense/kernel'],
      missing: ['answer/kernel', 'answer/bias'],
      unexpected: ['more'],
      mismatched: ['dense/bias'],
    });
  });
});

/** XXH32 of float32 0, 0.5, 1, …, computed by the xxhash package of Python. */
test.each([
  [1, '08d6d969'],
  [5, '605defd1'],
  [24, '9ef884cf'],
])('the checksum of a tensor is XXH32: %d elements', async (units, checksum) => {
  const made = sequential([dense(units, { inputShape: [1], useBias: false })]);
  made.setWeights({ 'dense/kernel': [Array.from({ length: units }, (_, i) => 0.5 * i)] });
  const { metadata } = tensorsFromBytes(await made.toBytes());
  expect(JSON.parse(metadata.treadle ?? '').checksums).toEqual({ 'dense/kernel': checksum });
});

test('modelFromConfig makes the graph with new weights', () => {
  const made = classifier();
  const again = modelFromConfig(JSON.parse(JSON.stringify(made.config())));
  expect(again.summary()).toBe(made.summary());
  expect(() => modelFromConfig({ ...made.config(), results: 'some' })).toThrow(
    'model: results must be one, list or named',
  );
});

test('the version in files is that of the package', async () => {
  const { metadata } = tensorsFromBytes(await classifier().toBytes());
  const manifest = JSON.parse(readFileSync(new URL('../../packages/treadle/package.json', import.meta.url), 'utf8'));
  expect(JSON.parse(metadata.treadle ?? '').version).toBe(manifest.version);
  expect(meanSquaredError().config?.()).toEqual({ kind: 'meanSquaredError' });
});
