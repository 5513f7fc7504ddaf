// The training loop: epochs of batches, in an order of the seed and the epoch; figures, validation, callbacks.

import { type BatchOptions, batchCount, batches, permutation } from '@treadle/data';
import type { Network, Weights } from '@treadle/nn';
import type { Optimizer } from '@treadle/optim';
import { closeRows, type OptionKinds, randomUniform, rowsInPlace, show, type Tensor } from '@treadle/tensor';
import { type Callback, checkCallbacks, type LearningRate, type Training } from '../callbacks/callbacks.ts';
import { progress, type Verbosity } from '../callbacks/progress.ts';
import {
  checkEqualBatches,
  checkManyFinite,
  checkRows,
  dataOf,
  disposeRows,
  isPair,
  type Rows,
  type RowsLike,
  type RowsPair,
  weightedByClass,
} from '../data/rows.ts';
import type { ClassWeight } from '../data/sample-weights.ts';
import { Average } from './average.ts';
import { evaluateRows } from './evaluate.ts';
import { type History, HistoryRecorder, type Logs, validationName } from './history.ts';
import type { Steps } from './steps.ts';

export interface FitOptions {
  /** how often all rows are gone through; 1 by default */
  readonly epochs?: number;
  /** rows a step; 32 by default. The last batch of an epoch holds what is left. */
  readonly batchSize?: number;
  /**
   * how much each row counts in the loss: [n], or [n, …] of the shape of the losses of the samples; for each output, in their
   * order or by name, where there are several. The mean stays over the number of rows. Metrics count all rows alike.
   */
  readonly sampleWeight?: RowsLike;
  /** how much rows count by their class, `{ 0: 1, 1: 5 }`, times sampleWeight; not in validation */
  readonly classWeight?: ClassWeight;
  /** rows and targets as { x, y }, or in an array, perhaps with their weights, to evaluate the model on after each epoch */
  readonly validationData?: RowsPair | readonly [x: RowsLike, y: RowsLike, sampleWeight?: RowsLike];
  /** the share of the rows, from the end and before any shuffling, that is kept for validation where validationData is not given */
  readonly validationSplit?: number;
  /** whether rows come in another order every epoch; true by default */
  readonly shuffle?: boolean;
  /** of the order; by default it follows from setSeed */
  readonly seed?: number;
  readonly callbacks?: readonly Callback[];
  /** 0: silent, 1: a bar an epoch, 2: a line an epoch; by default a bar on a terminal and lines elsewhere */
  readonly verbose?: Verbosity;
}

export const fitOptions: OptionKinds<FitOptions> = {
  epochs: 'number',
  batchSize: 'number',
  sampleWeight: 'any',
  classWeight: 'any',
  validationData: 'any',
  validationSplit: 'number',
  shuffle: 'boolean',
  seed: 'number',
  callbacks: 'any',
  verbose: 'any',
};

/** Checks everything, then trains; whatever is thrown before the first step has changed no weight. */
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
  const callbacks = [progress(options.verbose), ...checkCallbacks(options.callbacks ?? [])];
  const { learned, validation } = divide(model, steps, x, y, options);
  checkEqualBatches('fit', model, learned.count, batchSize);
  if (validation) checkEqualBatches('fit(validationData)', model, validation.count, batchSize, learned.count);
  const order = orderOf(options);
  const names = ['loss', ...steps.metricNames];
  const figures = validation ? [...names, ...names.map(validationName)] : names;
  const training = new RunningTraining(model, steps.optimizer, epochs, batchCount(learned.count, batchSize), figures);
  const batchCallbacks = callbacks.filter(({ onBatchEnd }) => onBatchEnd);
  const recorder = new HistoryRecorder();
  const data = dataOf(learned);
  let isLost = false;
  const run = async (): Promise<void> => {
    for (let epoch = 0; epoch < epochs && !training.isStopped; epoch++) {
      for (const callback of callbacks) await callback.onEpochBegin?.(epoch, training);
      const average = new Average(steps.totals());
      let batch = 0;
      let step = steps.train;
      for (const rows of batches(learned.count, batchSize, { ...order, epoch })) {
        const loss = average.add(await step.run(rows, data), rows.length);
        if (Number.isNaN(loss) && !isLost) steps.warnings.give(describeNaN(epoch, batch));
        isLost ||= Number.isNaN(loss);
        if (batchCallbacks.length > 0) {
          const { logs } = average;
          for (const callback of batchCallbacks) await callback.onBatchEnd?.(batch, logs, training);
          step = steps.train; // they may have frozen something
        }
        batch++;
      }
      const validated = validation && (await evaluateRows(steps, validation, batchSize));
      const logs = { ...average.logs, ...(validated && renamed(validated)) };
      recorder.add(epoch, logs);
      for (const callback of callbacks) await callback.onEpochEnd?.(epoch, logs, training);
    }
    steps.optimizer.finalize(model.trainableVariables);
  };
  try {
    await checkManyFinite('fit', learned);
    if (validation) await checkManyFinite('fit(validationData)', validation);
    await untilEnded(callbacks, training, run);
  } finally {
    closeRows(data);
    disposeRows(learned);
    if (validation) disposeRows(validation);
  }
  return recorder;
}

function describeNaN(epoch: number, batch: number): string {
  return (
    `fit: the loss is NaN from batch ${batch} of epoch ${epoch} on, and so will be the weights; causes to look at: a learning ` +
    'rate that is too high (lower it, or clip gradients by clipNorm), x whose figures are large (scale them), and a logarithm, ' +
    'root or division in a loss or layer of one’s own'
  );
}

/** Tells all callbacks when the training begins and ends, however it ends. Throws the first error of the training or of a callback. */
async function untilEnded(
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

/** In which order rows come. Throws RangeError for a seed that is none. */
function orderOf({ shuffle = true, seed }: FitOptions): BatchOptions {
  if (!shuffle) return { shuffle: false, op: 'fit' };
  const order = { seed: seed ?? Math.floor(randomUniform([]).item() * 2 ** 24), op: 'fit' };
  permutation(0, order);
  return { ...order, shuffle: true };
}

/** The rows to learn from and those to validate on, checked. */
function divide(
  model: Network,
  steps: Steps,
  x: RowsLike,
  y: RowsLike,
  { batchSize = 32, validationData, validationSplit = 0, sampleWeight, classWeight }: FitOptions,
): { learned: Rows; validation: Rows | undefined } {
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new RangeError(`fit: validationSplit must be at least 0 and less than 1; got ${validationSplit}`);
  }
  const rows = checkRows('fit', model, steps, x, y, batchSize, sampleWeight);
  const learning = (some: Rows): Rows => weightedByClass('fit', model, steps, some, classWeight);
  if (validationData) {
    const [vx, vy, weight] = validationRows(validationData);
    const validation = checkRows('fit(validationData)', model, steps, vx, vy, batchSize, weight);
    return { learned: learning(rows), validation };
  }
  if (validationSplit === 0) return { learned: learning(rows), validation: undefined };
  // 100·(1 − 0.07) is 92.99999999999999 in float64 and means 93 rows
  const count = Math.floor(rows.count * (1 - validationSplit) + 1e-6);
  if (count === 0 || count === rows.count) {
    throw new RangeError(
      `fit: validationSplit must leave rows on both sides; got ${validationSplit} of ${rows.count} rows`,
    );
  }
  const parts = { learned: learning(part(rows, 0, count)), validation: part(rows, count, rows.count) };
  disposeRows(rows);
  return parts;
}

/** What validationData holds, in order. Throws RangeError for what is neither { x, y } nor an array of two or three. */
function validationRows(
  given: NonNullable<FitOptions['validationData']>,
): readonly [x: RowsLike, y: RowsLike, sampleWeight?: RowsLike] {
  if (isPair(given)) return [given.x, given.y];
  if (Array.isArray(given) && (given.length === 2 || given.length === 3)) return given;
  const got = Array.isArray(given) ? `an array of ${given.length}` : show(given);
  throw new RangeError(
    `fit: validationData must be { x, y }, or an array of x, y and perhaps sampleWeight; got ${got}`,
  );
}

function part({ xs, ys, weights }: Rows, from: number, to: number): Rows {
  const take = (t: Tensor): Tensor => rowsInPlace(t, from, to);
  return { xs: xs.map(take), ys: ys.map(take), weights: weights.map(take), count: to - from };
}

function renamed(logs: Logs): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(logs).map(([name, value]) => [validationName(name), value]));
}

class RunningTraining implements Training {
  readonly epochs: number;
  readonly steps: number;
  readonly figures: readonly string[];
  readonly learningRate: LearningRate;
  readonly #model: Network;
  #isStopped = false;

  constructor(
    model: Network,
    { learningRate, isScheduled }: Optimizer,
    epochs: number,
    steps: number,
    figures: readonly string[],
  ) {
    this.#model = model;
    this.learningRate = {
      isScheduled,
      get: () => learningRate.item(),
      set: (rate) => void learningRate.assign(rate),
    };
    this.epochs = epochs;
    this.steps = steps;
    this.figures = figures;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  stop(): void {
    this.#isStopped = true;
  }

  getWeights(): Record<string, Tensor> {
    return this.#model.getWeights();
  }

  setWeights(weights: Weights): void {
    this.#model.setWeights(weights);
  }
}
