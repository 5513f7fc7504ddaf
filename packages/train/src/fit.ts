// The training loop: epochs of batches, in an order of the seed and the epoch; figures, validation, callbacks.

import { batchCount, batches } from '@treadle/data';
import type { Sequential } from '@treadle/nn';
import { randomUniform, type Tensor, type TensorData, type TensorLike, tensor } from '@treadle/tensor';
import { Average } from './average.ts';
import type { Callback, Training } from './callbacks.ts';
import { evaluateRows } from './evaluate.ts';
import { type History, HistoryRecorder, type Logs, validationName } from './history.ts';
import { Pace } from './pace.ts';
import { progress, type Verbosity } from './progress.ts';
import { checkRows, type Rows } from './rows.ts';
import type { Steps } from './steps.ts';

export interface FitOptions {
  /** how often all rows are gone through; 1 by default */
  readonly epochs?: number;
  /** rows a step; 32 by default. The last batch of an epoch holds what is left. */
  readonly batchSize?: number;
  /** rows and targets to evaluate the model on after each epoch */
  readonly validationData?: readonly [x: TensorLike, y: TensorLike];
  /** the share of the rows, from the end and before any shuffling, that is kept for validation instead */
  readonly validationSplit?: number;
  /** whether rows come in another order every epoch; true by default */
  readonly shuffle?: boolean;
  /** of the order; by default it follows from setSeed */
  readonly seed?: number;
  readonly callbacks?: readonly Callback[];
  /** 0: silent, 1: a bar an epoch, 2: a line an epoch; by default a bar on a terminal and lines elsewhere */
  readonly verbose?: Verbosity;
}

export async function fit(model: Sequential, steps: Steps, x: TensorLike, y: TensorLike, options: FitOptions): Promise<History> {
  const { epochs = 1, batchSize = 32, shuffle = true, verbose = 'auto' } = options;
  if (!Number.isInteger(epochs) || epochs < 1) throw new RangeError(`fit: epochs must be a whole number ≥ 1; got ${epochs}`);
  const { learned, validation } = divide(model, steps, x, y, options);
  const seed = options.seed ?? Math.floor(randomUniform([]).item() * 2 ** 24);
  const training = new RunningTraining(model, epochs, batchCount(learned.count, batchSize, { op: 'fit' }));
  const callbacks = [progress(verbose), ...(options.callbacks ?? [])];
  const recorder = new HistoryRecorder();
  const pace = new Pace();

  for (const callback of callbacks) await callback.onTrainBegin?.(training);
  for (let epoch = 0; epoch < epochs && !training.isStopped; epoch++) {
    for (const callback of callbacks) await callback.onEpochBegin?.(epoch, training);
    const average = new Average(steps.metricNames);
    let batch = 0;
    for (const rows of batches(learned.count, batchSize, { shuffle, seed, epoch, op: 'fit' })) {
      average.add(await pace.step(steps.train, rows.length, learned.x, learned.y, tensor(rows)), rows.length);
      for (const callback of callbacks) {
        if (callback.onBatchEnd) await callback.onBatchEnd(batch, average.logs, training);
      }
      batch++;
    }
    const logs = validation ? withValidation(average.logs, await evaluateRows(steps, validation, batchSize)) : average.logs;
    recorder.add(epoch, logs);
    for (const callback of callbacks) await callback.onEpochEnd?.(epoch, logs, training);
  }
  for (const callback of callbacks) await callback.onTrainEnd?.(training);
  return recorder;
}

/** The rows to learn from and those to validate on, checked. */
function divide(
  model: Sequential,
  steps: Steps,
  x: TensorLike,
  y: TensorLike,
  { batchSize = 32, validationData, validationSplit = 0 }: FitOptions,
): { learned: Rows; validation: Rows | undefined } {
  const rows = checkRows('fit', model, steps, x, y, batchSize);
  if (validationData) {
    const validation = checkRows('fit: validationData', model, steps, ...validationData, batchSize);
    return { learned: rows, validation };
  }
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new RangeError(`fit: validationSplit must be at least 0 and less than 1; got ${validationSplit}`);
  }
  if (validationSplit === 0) return { learned: rows, validation: undefined };
  const count = Math.floor(rows.count * (1 - validationSplit));
  if (count === 0 || count === rows.count) {
    throw new RangeError(`fit: validationSplit must leave rows on both sides; got ${validationSplit} of ${rows.count} rows`);
  }
  return { learned: part(rows, 0, count), validation: part(rows, count, rows.count) };
}

function part({ x, y }: Rows, from: number, to: number): Rows {
  const take = (t: Tensor): Tensor => t.slice([from], [to]).realize();
  return { x: take(x), y: take(y), count: to - from };
}

function withValidation(logs: Logs, validation: Logs): Logs {
  const renamed = Object.entries(validation).map(([name, value]) => [validationName(name), value]);
  return { ...logs, ...Object.fromEntries(renamed) };
}

class RunningTraining implements Training {
  readonly epochs: number;
  readonly steps: number;
  readonly #model: Sequential;
  #isStopped = false;

  constructor(model: Sequential, epochs: number, steps: number) {
    this.#model = model;
    this.epochs = epochs;
    this.steps = steps;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  stop(): void {
    this.#isStopped = true;
  }

  weights(): ReadonlyMap<string, TensorData> {
    return new Map([...this.#model.namedVariables].map(([name, variable]) => [name, variable.data()]));
  }

  restore(weights: ReadonlyMap<string, TensorData>): void {
    this.#model.setWeights(Object.fromEntries(weights));
  }
}
