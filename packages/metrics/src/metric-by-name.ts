// The one table of the names of metrics. 'accuracy' is one of three, chosen as in Keras by the shapes of what is compared.

import { type Shape, show } from '@treadle/tensor';
import {
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from './accuracies.ts';
import { auc } from './auc.ts';
import {
  cosineSimilarity,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  rootMeanSquaredError,
} from './errors.ts';
import type { Metric } from './metric.ts';
import { f1, precision, recall } from './precision-recall.ts';
import { r2 } from './r2.ts';

export type MetricName =
  | 'accuracy'
  | 'acc'
  | 'binaryAccuracy'
  | 'categoricalAccuracy'
  | 'sparseCategoricalAccuracy'
  | 'topKCategoricalAccuracy'
  | 'sparseTopKCategoricalAccuracy'
  | 'precision'
  | 'recall'
  | 'f1'
  | 'auc'
  | 'meanSquaredError'
  | 'mse'
  | 'rootMeanSquaredError'
  | 'rmse'
  | 'meanAbsoluteError'
  | 'mae'
  | 'meanAbsolutePercentageError'
  | 'mape'
  | 'meanSquaredLogarithmicError'
  | 'msle'
  | 'cosineSimilarity'
  | 'r2';

/** What a metric is chosen by: the shapes of a batch, batch axis included. */
export interface Compared {
  readonly yTrue: Shape;
  readonly yPred: Shape;
}

/** One figure a sample: binary. Labels without an axis of classes: sparse. Otherwise one-hot rows. */
function accuracyFor(name: string, { yTrue, yPred }: Compared): Metric {
  const figures = yPred.length < 2 ? 1 : yPred.at(-1);
  if (figures === 1) return binaryAccuracy({ name });
  const isSparse = yTrue.length < yPred.length || yTrue.at(-1) === 1;
  return isSparse ? sparseCategoricalAccuracy({ name }) : categoricalAccuracy({ name });
}

const table: Readonly<Record<MetricName, (name: string, compared: Compared) => Metric>> = {
  accuracy: accuracyFor,
  acc: accuracyFor,
  binaryAccuracy: (name) => binaryAccuracy({ name }),
  categoricalAccuracy: (name) => categoricalAccuracy({ name }),
  sparseCategoricalAccuracy: (name) => sparseCategoricalAccuracy({ name }),
  topKCategoricalAccuracy: (name) => topKCategoricalAccuracy({ name }),
  sparseTopKCategoricalAccuracy: (name) => sparseTopKCategoricalAccuracy({ name }),
  precision: (name) => precision({ name }),
  recall: (name) => recall({ name }),
  f1: (name) => f1({ name }),
  auc: (name) => auc({ name }),
  meanSquaredError: (name) => meanSquaredError({ name }),
  mse: (name) => meanSquaredError({ name }),
  rootMeanSquaredError: (name) => rootMeanSquaredError({ name }),
  rmse: (name) => rootMeanSquaredError({ name }),
  meanAbsoluteError: (name) => meanAbsoluteError({ name }),
  mae: (name) => meanAbsoluteError({ name }),
  meanAbsolutePercentageError: (name) => meanAbsolutePercentageError({ name }),
  mape: (name) => meanAbsolutePercentageError({ name }),
  meanSquaredLogarithmicError: (name) => meanSquaredLogarithmicError({ name }),
  msle: (name) => meanSquaredLogarithmicError({ name }),
  cosineSimilarity: (name) => cosineSimilarity({ name }),
  r2: (name) => r2({ name }),
};

/** The name if it is in the table, before shapes are known. Throws RangeError otherwise. */
export function metricName(name: string): MetricName {
  if (isName(name)) return name;
  throw new RangeError(`metric: the name must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`);
}

function isName(name: unknown): name is MetricName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** The metric of that name, which is its name in a history too. Throws RangeError for a name that is not in the table. */
export function metricByName(name: string, compared: Compared): Metric {
  return table[metricName(name)](name, compared);
}
