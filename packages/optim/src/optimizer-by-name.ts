// The one table of the names of optimizers, each with its default options.

import { show } from '@treadle/tensor';
import type { Optimizer } from './optimizer.ts';
import { adadelta } from './rules/adadelta.ts';
import { adagrad } from './rules/adagrad.ts';
import { adam, adamW } from './rules/adam.ts';
import { adamax } from './rules/adamax.ts';
import { lion } from './rules/lion.ts';
import { nadam } from './rules/nadam.ts';
import { rmsprop } from './rules/rmsprop.ts';
import { sgd } from './rules/sgd.ts';

export type OptimizerName = 'sgd' | 'rmsprop' | 'adagrad' | 'adadelta' | 'adam' | 'adamW' | 'adamax' | 'nadam' | 'lion';

const table: Readonly<Record<OptimizerName, () => Optimizer>> = {
  sgd,
  rmsprop,
  adagrad,
  adadelta,
  adam,
  adamW,
  adamax,
  nadam,
  lion,
};

function isName(name: unknown): name is OptimizerName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** A new optimizer of that name with its default options. Throws RangeError for a name that is not in the table. */
export function optimizerByName(name: string): Optimizer {
  if (!isName(name)) {
    throw new RangeError(`optimizer: the name must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`);
  }
  return table[name]();
}
