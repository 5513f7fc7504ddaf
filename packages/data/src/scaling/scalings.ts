// How the scalers measure a column: by its minimum and maximum, or by its mean and standard deviation. Both are exact
// for a column of equal values, so the scale of such a column is exactly 0 and no tolerance is needed.

import { type OptionKinds, readOptions, show } from '@treadle/tensor';
import type { Elements } from '../rows/plain-array.ts';
import type { ColumnStatistics, Scaling } from './column-scaler.ts';

/** Options of `minMaxScaler`. */
export interface MinMaxOptions {
  /** What the smallest and the largest value of a column become; [0, 1] by default. */
  readonly range?: readonly [number, number] | undefined;
  /** A column with max − min ≤ epsilon is treated as a column of equal values; 0 by default. */
  readonly epsilon?: number | undefined;
}

const minMaxOptions: OptionKinds<MinMaxOptions> = {
  range: 'numbers',
  epsilon: 'number',
};

/**
 * y = (x − min) / (max − min) · (high − low) + low. Throws RangeError unless low < high and epsilon ≥ 0, all finite.
 */
export function minMaxScaling(options: MinMaxOptions = {}): Scaling {
  const name = 'minMaxScaler';
  const { range = [0, 1], epsilon = 0 } = readOptions(name, options, minMaxOptions);
  const [low, high] = range;
  if (range.length !== 2 || !(low < high && Number.isFinite(high - low))) {
    throw new RangeError(`${name}: range must be two finite numbers, the smaller one first; got ${show(range)}`);
  }
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    throw new RangeError(`${name}: epsilon must be a finite number ≥ 0; got ${epsilon}`);
  }
  const measure = (values: Elements, start: number, stride: number): ColumnStatistics => {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = start; i < values.length; i += stride) {
      min = Math.min(min, values[i]!);
      max = Math.max(max, values[i]!);
    }
    return { centre: min, scale: max - min <= epsilon ? 0 : max - min };
  };
  return { name, measure, rangeWidth: high - low, rangeStart: low };
}

/** y = (x − mean) / √variance, with the variance of the population: Σ(x − mean)² / n. */
export function standardScaling(): Scaling {
  return { name: 'standardScaler', measure: moments, rangeWidth: 1, rangeStart: 0 };
}

function moments(values: Elements, start: number, stride: number): ColumnStatistics {
  const origin = values[start]!; // sums of differences from a value of the column are exactly 0 for equal values
  let count = 0;
  let sum = 0;
  for (let i = start; i < values.length; i += stride) {
    sum += values[i]! - origin;
    count++;
  }
  const mean = origin + sum / count;
  let squares = 0;
  for (let i = start; i < values.length; i += stride) squares += (values[i]! - mean) ** 2;
  return { centre: mean, scale: Math.sqrt(squares / count) };
}
