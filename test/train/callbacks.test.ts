// Callbacks: when they are called, with what, and what they can do; early stopping against figures that are made up.

import { type Callback, earlyStopping, type Logs, type Training } from '@treadle/train';
import { describe, expect, test } from 'vitest';
import { bitsOf, classifier, differenceOf, labelled, linear, regression } from './models.ts';

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

test('onTrainEnd is called however the training ends', async () => {
  const { x, y } = labelled(8);
  let ended = 0;
  const callback: Callback = {
    onBatchEnd: () => {
      throw new Error('enough');
    },
    onTrainEnd: () => void ended++,
  };
  await expect(classifier().fit(x, y, { ...quiet, callbacks: [callback] })).rejects.toThrow('enough');
  expect(ended).toBe(1);
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
