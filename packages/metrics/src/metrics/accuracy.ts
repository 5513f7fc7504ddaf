// accuracy: the share of predictions that are right. It is one of three metrics, chosen as in Keras by the shapes of a batch.

import { configOf, type Shape, tensor } from '@treadle/tensor';
import type { Metric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';
import { binaryAccuracy } from './binary-accuracy.ts';
import { categoricalAccuracy } from './categorical-accuracy.ts';
import { sparseCategoricalAccuracy } from './sparse-categorical-accuracy.ts';

/**
 * The share of predictions that are right: binaryAccuracy for yPred [n] or [n, 1], sparseCategoricalAccuracy for yPred [n, classes] and
 * labels, categoricalAccuracy for yPred [n, classes] and one-hot targets. Throws RangeError for an option that does not exist; `update`
 * throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.accuracy().update([1, 0], [[0.2, 0.8], [0.3, 0.7]]).values; // → 1
 * ```
 */
export function accuracy(options: MetricOptions = {}): Metric {
  const name = readName('accuracy', options);
  const [binary, sparse, categorical] = [
    binaryAccuracy({ name }),
    sparseCategoricalAccuracy({ name }),
    categoricalAccuracy({ name }),
  ];
  const metricFor = (yTrue: Shape, yPred: Shape): Metric => {
    const values = yPred.length < 2 ? 1 : yPred.at(-1);
    if (values === 1) return binary;
    return yTrue.length < yPred.length || yTrue.at(-1) === 1 ? sparse : categorical;
  };
  return {
    config: () => configOf('accuracy', options),
    name,
    update: (given, predictions, mask) => {
      const [yTrue, yPred] = [tensor(given), tensor(predictions)];
      return metricFor(yTrue.shape, yPred.shape).update(yTrue, yPred, mask);
    },
    total: binary.total, // all three are means
  };
}
