// The options of fit.

import type { OptionKinds } from '@treadle/tensor';
import type { Callback } from '../callbacks/callbacks.ts';
import type { Verbosity } from '../callbacks/progress.ts';
import type { RowsLike, RowsPair } from '../data/arguments.ts';
import type { ClassWeight } from '../data/sample-weights.ts';

/** Options of `fit`. */
export interface FitOptions {
  /** how many times the model is trained on all rows; 1 by default */
  readonly epochs?: number;
  /** the number of rows of a step; 32 by default. The last batch of an epoch holds the rest */
  readonly batchSize?: number;
  /**
   * the weight of each row in the loss: [n], or [n, …] of the shape of the losses of the samples; for several outputs, one for each in
   * their order or by name. The loss is the weighted sum over the number of rows. Metrics ignore weights
   */
  readonly sampleWeight?: RowsLike;
  /** the weights of rows by their class, such as `{ 0: 1, 1: 5 }`, multiplied by sampleWeight; not in validation */
  readonly classWeight?: ClassWeight;
  /** the rows and targets on which the model is evaluated after each epoch: { x, y }, [x, y] or [x, y, sampleWeight] */
  readonly validationData?: RowsPair | readonly [x: RowsLike, y: RowsLike, sampleWeight?: RowsLike];
  /** the share of the rows, from the end and before shuffling, that is used as validation data; 0 by default */
  readonly validationSplit?: number;
  /** whether rows are shuffled before each epoch; true by default */
  readonly shuffle?: boolean;
  /** makes the order of rows depend on this seed alone; by default it follows setSeed */
  readonly seed?: number;
  /** called before, during and after the training, in this order */
  readonly callbacks?: readonly Callback[];
  /** 0: silent, 1: a progress bar, 2: a line for each epoch; by default a bar on a terminal and lines elsewhere */
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
