// The option of every metric: its name in a history.

import { type OptionKinds, readOptions } from '@treadle/tensor';

/** Options that all metrics have. */
export interface MetricOptions {
  /** the name in a history; that of the metric by default */
  readonly name?: string;
}

export const metricOptions: OptionKinds<MetricOptions> = { name: 'string' };

/** The name of a metric. Throws as readOptions does. */
export function readName(op: string, options: MetricOptions, byDefault: string = op): string {
  return readOptions(op, options, metricOptions).name ?? byDefault;
}
