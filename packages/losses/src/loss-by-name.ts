// The one table of the names of losses, each with its default options.

import { show } from '@treadle/tensor';
import { binaryCrossentropy, binaryFocalCrossentropy } from './binary-crossentropy.ts';
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from './categorical-crossentropy.ts';
import { ctc } from './ctc.ts';
import { categoricalHinge, hinge, squaredHinge } from './hinge.ts';
import type { Loss } from './loss.ts';
import {
  cosineSimilarity,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from './regression.ts';

export type LossName =
  | 'meanSquaredError'
  | 'mse'
  | 'meanAbsoluteError'
  | 'mae'
  | 'meanAbsolutePercentageError'
  | 'mape'
  | 'meanSquaredLogarithmicError'
  | 'msle'
  | 'huber'
  | 'logCosh'
  | 'hinge'
  | 'squaredHinge'
  | 'categoricalHinge'
  | 'binaryCrossentropy'
  | 'binaryFocalCrossentropy'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'klDivergence'
  | 'poisson'
  | 'cosineSimilarity'
  | 'ctc';

const table: Readonly<Record<LossName, () => Loss>> = {
  meanSquaredError,
  mse: meanSquaredError,
  meanAbsoluteError,
  mae: meanAbsoluteError,
  meanAbsolutePercentageError,
  mape: meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  msle: meanSquaredLogarithmicError,
  huber,
  logCosh,
  hinge,
  squaredHinge,
  categoricalHinge,
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  klDivergence,
  poisson,
  cosineSimilarity,
  ctc,
};

function isName(name: unknown): name is LossName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** The loss of that name with its default options. Throws RangeError for a name that is not in the table. */
export function lossByName(name: string): Loss {
  if (!isName(name)) {
    throw new RangeError(`loss: the name must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`);
  }
  return table[name]();
}
