// The one table of the names of optimizers, each with its default options.

import { adam } from './adam.ts';
import type { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

export type OptimizerName = 'sgd' | 'adam';

const table: Readonly<Record<OptimizerName, () => Optimizer>> = { sgd: () => sgd(), adam: () => adam() };

function isName(name: string): name is OptimizerName {
  return Object.hasOwn(table, name);
}

/** A new optimizer of that name with its default options. Throws RangeError for a name that is not in the table. */
export function optimizerByName(name: string): Optimizer {
  if (!isName(name)) {
    throw new RangeError(
      `optimizer: the name must be one of ${Object.keys(table).join(', ')}; got ${JSON.stringify(name)}`,
    );
  }
  return table[name]();
}
