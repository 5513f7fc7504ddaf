// Faults on the way: a thread that ends or throws before any tile of a training, memory that is full at any allocation. What
// comes out is a typed error; every variable holds what some whole step gave it, unless the error says otherwise; no memory is
// lost; and the next training is right.

import { dense, reshape, simpleRnn } from '@treadle/nn';
import { armFault, faults, memory as sharedMemory, team } from '@treadle/runtime';
import { memory, randomNormal, setThreads, shutdown, type Tensor, tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFragile } from '../../packages/compiler/dist/code/link.js';
import { memoryWhenCollected } from '../support/collected.ts';

const isLong = process.env.TREADLE_TEST_LONG !== undefined;

beforeAll(() => {
  makeFragile(true);
  team.isAlwaysShared = true;
});
afterAll(async () => {
  makeFragile(false);
  team.isAlwaysShared = false;
  await shutdown();
});

const rows = 96;
const x = randomNormal([rows, 20], { seed: 1 }).realize();
const y = randomNormal([rows, 3], { seed: 2 }).realize();

type Values = Readonly<Record<string, Tensor>>;

/** Layers without loops, and with one. */
const layersOf = {
  'dense layers': () => [dense(40, { activation: 'relu', inputShape: [20] }), dense(3)],
  'a recurrent layer': () => [reshape([4, 5], { inputShape: [20] }), simpleRnn(6), dense(3)],
} as const;

type Kind = keyof typeof layersOf;

function newModel(initial?: Values, kind: Kind = 'dense layers'): Model {
  const model = sequential(layersOf[kind]());
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  if (initial) model.setWeights(initial);
  return model;
}

const valuesOf = (model: Model): readonly string[] =>
  model.variables.map((v) => Buffer.from(v.data().buffer).toString('base64'));

/** Three steps, in the order of the rows. */
const train = (model: Model): Promise<unknown> => model.fit(x, y, { batchSize: 32, shuffle: false, verbose: 0 });

/** The values of each variable before and after every step of a training without faults. */
async function wholeSteps(model: Model): Promise<readonly (readonly string[])[]> {
  const steps = [valuesOf(model)];
  const callbacks = [{ onBatchEnd: () => void steps.push(valuesOf(model)) }];
  await model.fit(x, y, { batchSize: 32, shuffle: false, verbose: 0, callbacks });
  return steps;
}

function initialOf(kind: Kind): Values {
  const weights = Object.entries(newModel(undefined, kind).getWeights());
  return Object.fromEntries(weights.map(([name, t]) => [name, tensor(t.data(), { shape: t.shape })]));
}

const initial = initialOf('dense layers');

/** Breaks one training by `fault`; the message of its error, if it has one. */
async function broken(
  whole: readonly (readonly string[])[],
  model: Model,
  fault: () => void,
  begin = initial,
): Promise<string | undefined> {
  model.setWeights(begin);
  valuesOf(model); // the assignments are made
  fault();
  const message = await train(model).then(
    () => undefined,
    (error: Error) => `${error.name}: ${error.message}`,
  );
  armFault(sharedMemory.wasm, 0, faults.throw);
  sharedMemory.beforeAllocate = undefined;
  const isTorn = message?.includes('may hold neither');
  if (!isTorn) {
    valuesOf(model).forEach((value, i) => {
      expect(whole.map((step) => step[i])).toContain(value);
    });
  }
  model.setWeights(begin);
  await train(model);
  expect(valuesOf(model)).toEqual(whole.at(-1));
  return message;
}

describe('a thread that fails before a tile', () => {
  const kinds = [
    ['throws', faults.throw, /^Error: team: thread \d+ failed .*a fault that was asked for/],
    ['ends', faults.end, /^Error: team: thread \d+ failed .*/],
  ] as const;

  const all = kinds.flatMap((kind) =>
    (['dense layers', 'a recurrent layer'] as const).map((of) => [...kind, of] as const),
  );
  test.each(all)('%s: a training of three steps, at tile after tile (%#)', async (_, kind, rule, of) => {
    for (const threads of isLong ? [2, 3, 4, 8] : [3]) {
      setThreads(threads);
      const begin = initialOf(of);
      const model = newModel(begin, of);
      const whole = await wholeSteps(model);
      let failures = 0;
      // Rounds of a loop are alike: of those, not every tile is tried each time.
      const stride = of === 'dense layers' || isLong ? 1 : 5;
      for (let tile = 1; ; tile += stride) {
        const message = await broken(whole, model, () => armFault(sharedMemory.wasm, tile, kind), begin);
        if (message === undefined) break;
        expect(message).toMatch(rule);
        failures++;
      }
      expect(failures).toBeGreaterThan(10);
    }
  });

  test('leaves no memory behind', async () => {
    setThreads(3);
    const model = newModel(initial);
    const whole = await wholeSteps(model);
    const ends = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(faults.throw, faults.end));
    const breakAt = ([tile, kind]: readonly [number, (typeof faults)['throw' | 'end']]): Promise<unknown> =>
      broken(whole, model, () => armFault(sharedMemory.wasm, tile, kind));
    // What is kept once, such as what the last failed run has read, is there before the memory is measured.
    for (let tile = 1; tile <= 12; tile++) await breakAt([tile, faults.throw]);
    const { bytesInUse: before } = await memoryWhenCollected();
    for (const end of fc.sample(ends, { numRuns: isLong ? 2000 : 20, seed: 7 })) await breakAt(end);
    // Threads give their memory back when they have ended.
    for (let i = 0; i < 50 && (await memoryWhenCollected()).bytesInUse > before; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(memory().bytesInUse).toBeLessThanOrEqual(before);
  });
});

test('memory that is full from any allocation on is a named error, while a model is made, trained or predicts', async () => {
  setThreads(1);
  const model = newModel(initial);
  const whole = await wholeSteps(model);
  const expected = (await model.predict(x)).data();
  const acts: readonly (() => Promise<unknown>)[] = [
    async () => newModel().variables,
    async () => newModel().fit(x, y, { verbose: 0, batchSize: 32 }),
    () => train(model),
    () => model.predict(x),
    async () =>
      randomNormal([300, 300])
        .add(1)
        .matmul(randomNormal([300, 300]))
        .data(),
  ];
  for (const act of acts) {
    let failures = 0;
    for (let allowed = 0; ; allowed++) {
      model.setWeights(initial);
      valuesOf(model);
      let left = allowed;
      sharedMemory.beforeAllocate = (bytes) => {
        if (left-- <= 0) throw new RangeError(`memory: no room for ${bytes} bytes; a test says so`);
      };
      const message = await act().then(
        () => undefined,
        (error: Error) => `${error.name}: ${error.message}`,
      );
      sharedMemory.beforeAllocate = undefined;
      if (message === undefined) break;
      expect(message).toMatch(/^RangeError: .*no room for \d+ bytes; a test says so/);
      valuesOf(model).forEach((value, i) => {
        expect(whole.map((step) => step[i])).toContain(value);
      });
      failures++;
      expect(failures).toBeLessThan(10_000);
    }
    model.setWeights(initial);
    await train(model);
    expect(valuesOf(model)).toEqual(whole.at(-1));
    expect((await model.predict(x)).data()).toEqual(expected);
  }
});
