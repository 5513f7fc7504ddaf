// The one table of the names of optimizers, each with its default options.

import { show } from '@treadle/tensor';
import { adadelta } from './optimizers/adadelta.ts';
import { adagrad } from './optimizers/adagrad.ts';
import { adam, adamW } from './optimizers/adam.ts';
import { adamax } from './optimizers/adamax.ts';
import { lion } from './optimizers/lion.ts';
import { nadam } from './optimizers/nadam.ts';
import { rmsprop } from './optimizers/rmsprop.ts';
import { sgd } from './optimizers/sgd.ts';
import type { Optimizer } from './update/optimizer.ts';

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
