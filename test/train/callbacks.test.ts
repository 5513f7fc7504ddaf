// Callbacks: when they are called, with what, and what they can do; early stopping against figures that are made up.

import { inspect } from 'node:util';
import { type Metric, metrics } from '@treadle/metrics';
import { dense } from '@treadle/nn';
import { exponentialDecay, sgd } from '@treadle/optim';
import { setSeed, tensor } from '@treadle/tensor';
import {
  type Callback,
  earlyStopping,
  type History,
  type Logs,
  type Model,
  reduceLROnPlateau,
  sequential,
  type Training,
} from '@treadle/train';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, classifier, differenceOf, labelled, linear, noise, regression } from './models.ts';

const quiet = { verbose: 0 } as const;

test('each is awaited, in the order given, with the figures so far', async () => {
  const { x, y } = labelled(10);
  const calls: string[] = [];
  const listener = (name: string): Callback => ({
    onTrainBegin: ({ epochs, steps, figures }) => void calls.push(`${name} begins ${epochs}·${steps} ${figures}`),
    onEpochBegin: (epoch) => void calls.push(`${name} epoch ${epoch}`),
    onBatchEnd: (batch, logs) => void calls.push(`${name} batch ${batch} ${Object.keys(logs)}`),
    onEpochEnd: async (epoch, logs) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      calls.push(`${name} ends ${epoch} ${Object.keys(logs)}`);
    },
    onTrainEnd: () => void calls.push(`${name} is done`),
  });
  const callbacks = [listener('a'), listener('b')];
  await classifier().fit(x, y, { ...quiet, epochs: 2, batchSize: 8, validationSplit: 0.1, callbacks });
  const epoch = (k: number): string[] => [
    ...['a', 'b'].map((name) => `${name} epoch ${k}`),
    ...[0, 1].flatMap((batch) => ['a', 'b'].map((name) => `${name} batch ${batch} loss,accuracy`)),
    ...['a', 'b'].map((name) => `${name} ends ${k} loss,accuracy,valLoss,valAccuracy`),
  ];
  expect(calls).toEqual([
    ...['a', 'b'].map((name) => `${name} begins 2·2 loss,accuracy,valLoss,valAccuracy`),
    ...epoch(0),
    ...epoch(1),
    ...['a', 'b'].map((name) => `${name} is done`),
  ]);
});

test('the figures after the last batch are those of the epoch', async () => {
  const { x, y } = labelled(20);
  let latest: Logs | undefined;
  const ends: Logs[] = [];
  const callback: Callback = {
    onBatchEnd: (_, logs) => {
      latest = logs;
    },
    onEpochEnd: (_, logs) => {
      expect(logs).toEqual(latest);
      ends.push(logs);
    },
  };
  const { history } = await classifier().fit(x, y, { ...quiet, epochs: 2, batchSize: 6, callbacks: [callback] });
  expect(ends.map(({ loss }) => loss)).toEqual(history.loss);
});

describe('a figure that takes long', () => {
  const rows = 20;
  const scores = tensor(Array.from({ length: rows }, (_, i) => [noise(3 * i), noise(3 * i + 1)]));
  const isYes = tensor(Array.from({ length: rows }, (_, i) => [i % 3 === 0 ? 1 : 0]));
  const ranking = (metric: Metric): Model => {
    setSeed(3);
    const model = sequential([dense(1, { inputShape: [2], activation: 'sigmoid' })]);
    model.compile({ optimizer: sgd(0.1), loss: 'binaryCrossentropy', metrics: [metric] });
    return model;
  };
  const train = (model: Model, callbacks: readonly Callback[]): Promise<History> =>
    model.fit(scores, isYes, { ...quiet, epochs: 2, batchSize: 4, shuffle: false, callbacks });

  test('is computed where it is read, once', async () => {
    let computed = 0;
    const counted: Metric = {
      ...metrics.auc(),
      total: () => {
        const total = metrics.auc().total();
        const read = <T>(value: T): T => {
          computed++;
          return value;
        };
        return {
          add: (...batch) => total.add(...batch),
          get value() {
            return read(total.value);
          },
          later: () => {
            const later = total.later!();
            return () => read(later());
          },
        };
      },
    };
    await train(ranking(counted), [{ onBatchEnd: (_, { loss }) => expect(loss).toBeGreaterThan(0) }]);
    expect(computed).toBe(2); // of the epochs
    const look = (_: number, logs: Logs): void => expect(logs.auc).toBe({ ...logs }.auc);
    await train(ranking(counted), [{ onBatchEnd: look }, { onBatchEnd: look }]);
    expect(computed).toBe(2 + 2 + 2 * 5);
  });

  test.each(['ROC', 'PR'] as const)('is of its batch when it is read later: %s', async (curve) => {
    const [atOnce, kept]: [object[], Logs[]] = [[], []];
    await train(ranking(metrics.auc({ curve })), [{ onBatchEnd: (_, logs) => void atOnce.push({ ...logs }) }]);
    await train(ranking(metrics.auc({ curve })), [{ onBatchEnd: (_, logs) => void kept.push(logs) }]);
    expect(inspect(kept[3])).toBe(inspect(atOnce[3]));
    expect(JSON.stringify(kept)).toBe(JSON.stringify(atOnce));
    expect(kept).toEqual(atOnce);
    expect(new Set(kept.map(({ auc }) => auc)).size).toBeGreaterThan(3);
  });
});

test('stop ends the training when the epoch ends', async () => {
  const { x, y } = labelled(20);
  const onBatchEnd = (batch: number, _: Logs, training: Training): void => {
    if (batch === 1) training.stop();
  };
  const model = classifier();
  const { epoch } = await model.fit(x, y, { ...quiet, epochs: 9, batchSize: 5, callbacks: [{ onBatchEnd }] });
  expect(epoch).toEqual([0]);
  expect(model.optimizer.iterations.item()).toBe(4);
});

test('onTrainEnd of every callback is called whichever callbacks throw, and the first error is thrown', async () => {
  const { x, y } = labelled(6);
  const events = ['onTrainBegin', 'onEpochBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const;
  const event = fc.constantFrom(...events);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(event, fc.boolean()), { minLength: 1, maxLength: 3 }), async (failing) => {
      const ended: number[] = [];
      const thrown: Error[] = [];
      const callbacks = [...failing, undefined].map((fails, i): Callback => {
        const at = (which: string) => async (): Promise<void> => {
          if (which === 'onTrainEnd') ended.push(i);
          if (fails?.[0] !== which) return;
          if (fails[1]) await Promise.resolve();
          const error = new Error(`${which} of ${i}`);
          thrown.push(error);
          throw error;
        };
        return Object.fromEntries(events.map((which) => [which, at(which)]));
      });
      const learner = classifier();
      await expect(learner.fit(x, y, { ...quiet, callbacks })).rejects.toSatisfy((error) => error === thrown[0]);
      expect(ended).toEqual(callbacks.map((_, i) => i));
      await learner.fit(x, y, quiet);
    }),
    { numRuns: 20 },
  );
});

/** Says of each epoch what is given instead of what it was, and how many epochs ran. */
async function epochsRun(figures: readonly number[], options: Parameters<typeof earlyStopping>[0]): Promise<number> {
  const callback = earlyStopping(options);
  let isStopped = false;
  let epochs = 0;
  const training: Training = {
    epochs: figures.length,
    steps: 1,
    figures: ['loss', 'valLoss', 'valAccuracy'],
    stop: () => {
      isStopped = true;
    },
    learningRate: { isScheduled: false, get: () => 0, set: () => {} },
    getWeights: () => ({}),
    setWeights: () => {},
  };
  await callback.onTrainBegin?.(training);
  for (const figure of figures) {
    if (isStopped) break;
    await callback.onEpochEnd?.(epochs++, { loss: figure, valLoss: figure, valAccuracy: figure }, training);
  }
  await callback.onTrainEnd?.(training);
  return epochs;
}

describe('earlyStopping', () => {
  const bumpy = [5, 4, 4.5, 3, 3.2, 3.1, 3.3, 2, 1];

  test.each([
    ['stops at the first epoch without improvement', {}, bumpy, 3],
    ['with patience 1 as well, as in Keras', { patience: 1 }, bumpy, 3],
    ['with patience 2 at the second in a row', { patience: 2 }, bumpy, 6],
    ['with patience enough never', { patience: 4 }, bumpy, 9],
    ['takes what changes by no more than minDelta for no improvement', { minDelta: 1 }, [5, 3.5, 2.5, 0], 3],
    ['an accuracy should rise', { monitor: 'valAccuracy' }, [0.1, 0.5, 0.4, 0.9], 3],
    ['a loss should fall', { monitor: 'loss' }, [0.1, 0.5, 0.4], 2],
    ['unless mode says otherwise', { monitor: 'loss', mode: 'max' as const }, [0.1, 0.5, 0.4, 0.9], 3],
    ['a figure that is not a number is no improvement', {}, [Number.NaN, 1], 1],
  ])('%s', async (_, options, figures, epochs) => {
    expect(await epochsRun(figures, options)).toBe(epochs);
  });

  test('restores the weights of the best epoch', async () => {
    const { x, y } = linear(16);
    const model = regression(1.5); // too large a rate: the loss grows from the first epoch on
    const best: ReturnType<typeof bitsOf>[] = [];
    const onEpochEnd = (): void => void best.push(bitsOf(model));
    const callbacks = [{ onEpochEnd }, earlyStopping({ monitor: 'loss', patience: 3, restoreBestWeights: true })];
    const { history } = await model.fit(x, y, { ...quiet, epochs: 20, seed: 1, callbacks });
    expect(history.loss.length).toBeLessThan(20);
    const at = history.loss.indexOf(Math.min(...history.loss));
    expect(at).toBe(history.loss.length - 4);
    const restored = best[at];
    if (!restored) throw new Error('no weights of the best epoch');
    expect(differenceOf(bitsOf(model), restored)).toBeUndefined();
    expect(differenceOf(bitsOf(model), best.at(-1) ?? new Map())).toBeDefined();
  });

  test('serves one training after the other', async () => {
    const { x, y } = linear(16);
    const stopping = earlyStopping({ monitor: 'loss', patience: 2 });
    const options = { ...quiet, epochs: 5, seed: 1, callbacks: [stopping] };
    const model = regression(0.1);
    expect((await model.fit(x, y, options)).epoch).toHaveLength(5);
    expect((await model.fit(x, y, options)).epoch).toHaveLength(5);
  });
});

describe('reduceLROnPlateau', () => {
  /** The learning rate after each of the epochs whose figures are given, from 1 on. */
  async function rates(
    figures: readonly number[],
    options: Parameters<typeof reduceLROnPlateau>[0],
  ): Promise<number[]> {
    let rate = 1;
    const training: Training = {
      epochs: figures.length,
      steps: 1,
      figures: ['loss', 'valLoss'],
      stop: () => {},
      learningRate: {
        isScheduled: false,
        get: () => rate,
        set: (next) => {
          rate = next;
        },
      },
      getWeights: () => ({}),
      setWeights: () => {},
    };
    const callback = reduceLROnPlateau({ factor: 0.5, ...options });
    await callback.onTrainBegin?.(training);
    const after: number[] = [];
    for (const [epoch, figure] of figures.entries()) {
      await callback.onEpochEnd?.(epoch, { loss: figure, valLoss: figure }, training);
      after.push(rate);
    }
    return after;
  }

  test.each([
    ['after so many epochs without improvement', { patience: 2 }, [3, 3, 3, 3, 3], [1, 1, 0.5, 0.5, 0.25]],
    ['an improvement begins the count anew', { patience: 2 }, [3, 3, 2, 2, 2], [1, 1, 1, 1, 0.5]],
    ['a change within minDelta is none', { patience: 1, minDelta: 1 }, [3, 2.5, 1], [1, 0.5, 0.5]],
    ['epochs of a cooldown do not count', { patience: 1, cooldown: 2 }, [3, 3, 3, 3, 3], [1, 0.5, 0.5, 0.5, 0.25]],
    ['no lower than minLR', { patience: 1, minLR: 0.4 }, [3, 3, 3, 3], [1, 0.5, 0.4, 0.4]],
    ['a figure that should rise', { patience: 1, mode: 'max' as const }, [1, 2, 3, 3], [1, 1, 1, 0.5]],
  ])('lowers the rate: %s', async (_, options, figures, expected) => {
    expect(await rates(figures, options)).toEqual(expected);
  });

  test('sets the rate of the model’s optimizer', async () => {
    const { x, y } = linear(8);
    const model = regression(0);
    model.optimizer.learningRate.assign(0);
    const callbacks = [reduceLROnPlateau({ monitor: 'loss', patience: 1 })];
    await model.fit(x, y, { ...quiet, epochs: 3, callbacks });
    expect(model.optimizer.learningRate.item()).toBe(0);
    model.optimizer.learningRate.assign(2 ** -40); // too small to change a loss by 0.0001
    await model.fit(x, y, {
      ...quiet,
      epochs: 3,
      callbacks: [reduceLROnPlateau({ monitor: 'loss', patience: 1, factor: 0.5 })],
    });
    expect(model.optimizer.learningRate.item()).toBe(2 ** -42);
  });

  test('refuses a schedule, a figure that is not there, and options out of range', async () => {
    const { x, y } = linear(8);
    const model = sequential([dense(1, { inputShape: [2] })]);
    model.compile({ optimizer: sgd(exponentialDecay(0.1, 1, 0.5)), loss: 'mse' });
    const callbacks = [reduceLROnPlateau({ monitor: 'loss' })];
    await expect(model.fit(x, y, { ...quiet, callbacks })).rejects.toThrow('got a schedule');
    await expect(model.fit(x, y, { ...quiet, callbacks: [reduceLROnPlateau()] })).rejects.toThrow(
      'reduceLROnPlateau: monitor must be one of loss; got valLoss',
    );
    expect(() => reduceLROnPlateau({ factor: 1 })).toThrow(
      'reduceLROnPlateau: factor must be above 0 and below 1; got 1',
    );
    expect(() => reduceLROnPlateau({ patience: 0.5 })).toThrow(RangeError);
    expect(() => reduceLROnPlateau({ cooldown: -1 })).toThrow('reduceLROnPlateau: cooldown must be a whole number ≥ 0');
    expect(() => reduceLROnPlateau({ minLR: -1 })).toThrow(RangeError);
  });
});

test('averages of the weights become the weights when the training ends', async () => {
  const { x, y } = linear(16);
  const train = async (emaMomentum?: number): Promise<{ last: number[]; end: number[] }> => {
    const model = sequential([dense(1, { inputShape: [2], kernelInitializer: 'zeros' })]);
    model.compile({ optimizer: sgd(0.05, emaMomentum === undefined ? {} : { emaMomentum }), loss: 'mse' });
    let last: number[] = [];
    const kernel = (): number[] => model.trainableVariables.flatMap((v) => [...v.data()]);
    const onEpochEnd = (): void => {
      last = kernel();
    };
    await model.fit(x, y, { ...quiet, epochs: 2, shuffle: false, callbacks: [{ onEpochEnd }] });
    return { last, end: kernel() };
  };
  const [plain, averaged] = [await train(), await train(0.5)];
  expect(plain.end).toEqual(plain.last);
  expect(averaged.last).toEqual(plain.last); // averages do not change the training
  expect(averaged.end).not.toEqual(averaged.last);
});
