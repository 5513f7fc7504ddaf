// The one table of the names of losses, each with its default options.

import { binaryCrossentropy } from './binary-crossentropy.ts';
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from './categorical-crossentropy.ts';
import type { Loss } from './loss.ts';
import { meanAbsoluteError, meanSquaredError } from './regression.ts';

export type LossName =
  | 'meanSquaredError'
  | 'mse'
  | 'meanAbsoluteError'
  | 'mae'
  | 'binaryCrossentropy'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy';

const table: Readonly<Record<LossName, () => Loss>> = {
  meanSquaredError,
  mse: meanSquaredError,
  meanAbsoluteError,
  mae: meanAbsoluteError,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
};

function isName(name: string): name is LossName {
  return Object.hasOwn(table, name);
}

/** The loss of that name with its default options. Throws RangeError for a name that is not in the table. */
export function lossByName(name: string): Loss {
  if (!isName(name)) {
    throw new RangeError(`loss: the name must be one of ${Object.keys(table).join(', ')}; got ${JSON.stringify(name)}`);
  }
  return table[name]();
}
