// The training loop: epochs of batches in shuffled order, figures, validation, callbacks.

import { type BatchOptions, batchCount, batches, permutation } from '@treadle/data';
import type { Network } from '@treadle/nn';
import { closeRows, itemSoon, type OpenRows, randomUniform, whenKnown } from '@treadle/tensor';
import { type Callback, checkCallbacks, type Training } from '../callbacks/callbacks.ts';
import { progress } from '../callbacks/progress.ts';
import type { RowsLike } from '../data/arguments.ts';
import { checkManyFinite } from '../data/check-finite.ts';
import { checkEqualBatches, dataOf, disposeRows } from '../data/rows.ts';
import { Average } from './average.ts';
import { evaluateRows } from './evaluate.ts';
import type { FitOptions } from './fit-options.ts';
import { type History, HistoryRecorder, type Logs, validationName } from './history.ts';
import { RunningTraining } from './running-training.ts';
import { splitRows } from './split-rows.ts';
import type { Steps } from './steps.ts';

/** Checks everything, then trains; an error before the first step has changed no weight. */
export async function fit(
  model: Network,
  steps: Steps,
  x: RowsLike,
  y: RowsLike,
  options: FitOptions,
): Promise<History> {
  const { epochs = 1, batchSize = 32 } = options;
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new RangeError(`fit: epochs must be a whole number ≥ 1; got ${epochs}`);
  }
  const known = whenKnown([x, y, options.validationData, options.sampleWeight]);
  if (known) await known;
  const callbacks = [progress(options.verbose), ...checkCallbacks(options.callbacks ?? [])];
  const { trained, validation } = splitRows(model, steps, x, y, options);
  checkEqualBatches('fit', model, trained.count, batchSize);
  if (validation) checkEqualBatches('fit(validationData)', model, validation.count, batchSize, trained.count);
  const order = await orderOf(options);
  const names = ['loss', ...steps.metricNames];
  const figures = validation ? [...names, ...names.map(validationName)] : names;
  const training = new RunningTraining(model, steps.optimizer, epochs, batchCount(trained.count, batchSize), figures);
  const recorder = new HistoryRecorder();
  const data = dataOf(trained);
  const common: EpochOptions = {
    steps,
    data,
    count: trained.count,
    batchSize,
    order,
    callbacks,
    training,
    isNaNReported: false,
  };
  const run = async (): Promise<void> => {
    for (let epoch = 0; epoch < epochs && !training.isStopped; epoch++) {
      for (const callback of callbacks) await callback.onEpochBegin?.(epoch, training);
      const average = await trainEpoch(common, epoch);
      const validated = validation && (await evaluateRows(steps, validation, batchSize));
      const logs = { ...average.logs, ...(validated && renamed(validated)) };
      recorder.add(epoch, logs);
      for (const callback of callbacks) await callback.onEpochEnd?.(epoch, logs, training);
    }
    steps.optimizer.finalize(model.trainableVariables);
  };
  try {
    await checkManyFinite('fit', trained);
    if (validation) await checkManyFinite('fit(validationData)', validation);
    await trainWithCallbacks(callbacks, training, run);
  } finally {
    closeRows(data);
    disposeRows(trained);
    if (validation) disposeRows(validation);
  }
  return recorder;
}

/** What all epochs of a training have in common. */
interface EpochOptions {
  readonly steps: Steps;
  readonly data: OpenRows;
  /** the number of rows */
  readonly count: number;
  readonly batchSize: number;
  readonly order: BatchOptions;
  readonly callbacks: readonly Callback[];
  readonly training: Training;
  isNaNReported: boolean;
}

/** Trains on all batches of an epoch; returns its figures. */
async function trainEpoch(all: EpochOptions, epoch: number): Promise<Average> {
  const { steps, data, count, batchSize, order, training } = all;
  const callbacks = all.callbacks.filter(({ onBatchEnd }) => onBatchEnd);
  const average = new Average(steps.totals());
  let batch = 0;
  let step = steps.train;
  for (const rows of batches(count, batchSize, { ...order, epoch })) {
    const loss = average.add(await step.run(rows, data), rows.length);
    if (Number.isNaN(loss) && !all.isNaNReported) steps.warnings.give(describeNaN(epoch, batch));
    all.isNaNReported ||= Number.isNaN(loss);
    if (callbacks.length > 0) {
      const { logs } = average;
      for (const callback of callbacks) await callback.onBatchEnd?.(batch, logs, training);
      step = steps.train; // a callback may have frozen layers
    }
    batch++;
  }
  return average;
}

/** The warning about a loss that is NaN. */
function describeNaN(epoch: number, batch: number): string {
  return (
    `fit: the loss is NaN from batch ${batch} of epoch ${epoch} on, and so will be the weights; causes to look at: a learning ` +
    'rate that is too high (lower it, or clip gradients by clipNorm), x whose figures are large (scale them), and a logarithm, ' +
    'root or division in a custom loss or layer'
  );
}

/** Trains between onTrainBegin and onTrainEnd of all callbacks, which is called after an error too. Throws the first error of all. */
async function trainWithCallbacks(
  callbacks: readonly Callback[],
  training: Training,
  train: () => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  const attempt = async (act: () => void | Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      errors.push(error);
    }
  };
  await attempt(async () => {
    for (const callback of callbacks) await callback.onTrainBegin?.(training);
    await train();
  });
  for (const callback of callbacks) await attempt(() => callback.onTrainEnd?.(training));
  if (errors.length > 0) throw errors[0];
}

/** The order of rows. Throws RangeError for an invalid seed. */
async function orderOf({ shuffle = true, seed }: FitOptions): Promise<BatchOptions> {
  if (!shuffle) return { shuffle: false, op: 'fit' };
  const order = { seed: seed ?? Math.floor((await itemSoon(randomUniform([]))) * 2 ** 24), op: 'fit' };
  permutation(0, order);
  return { ...order, shuffle: true };
}

/** The figures of a validation by their names in a history. */
function renamed(logs: Logs): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(logs).map(([name, value]) => [validationName(name), value]));
}
