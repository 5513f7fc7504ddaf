// Metrics by name, with their default options, and from their configs. The names are those of the exports of metrics/index.ts.

import { byName, type Config, type MakerOf } from '@treadle/tensor';
import type { Metric } from './metric/metric.ts';
import * as metrics from './metrics/index.ts';

/** A name of a metric, such as 'accuracy' or 'mse'. */
export type MetricName = keyof typeof metrics;

/** The metric of that name, which is its name in a history too. Throws RangeError for an unknown name. */
export function metricByName(name: string): Metric {
  return byName('metric', metrics, name)({ name });
}

const makers: Readonly<Record<string, MakerOf<Metric>>> = metrics;

/** The metric that the config describes. Throws RangeError for an unknown kind, and as the metric does for its options. */
export function metricFrom({ kind, ...options }: Config): Metric {
  return byName('metric', makers, kind)(options);
}
