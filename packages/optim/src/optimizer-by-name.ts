// Optimizers by name, with their default options. The names are those of the exports of optimizers/index.ts.

import { byName } from '@treadle/tensor';
import * as optimizers from './optimizers/index.ts';
import type { Optimizer } from './update/optimizer.ts';

/** A name of an optimizer, such as 'adam'. */
export type OptimizerName = keyof typeof optimizers;

/**
 * A new optimizer of that name with its default options. Throws RangeError for an unknown name.
 *
 * @example
 * ```ts
 * import { optimizerByName } from 'treadle';
 * optimizerByName('adam').learningRate; // → 0.001
 * ```
 */
export function optimizerByName(name: string): Optimizer {
  return byName('optimizer', optimizers, name)();
}
