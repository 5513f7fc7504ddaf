// How the two scalers measure a column: by its ends, or by its mean and standard deviation. Both are exact for a column of
// equal values, so such a column is known by a width of 0 and not by a tolerance.

import { type OptionKinds, readOptions, show } from '@treadle/tensor';
import type { Elements } from '../rows/plain-array.ts';
import type { Extent, Scaling } from './column-scaler.ts';

export interface MinMaxOptions {
  /** Where the smallest and the largest value of a column go; [0, 1] when not given. */
  readonly range?: readonly [number, number] | undefined;
  /** A column whose ends are no further apart than this is taken as one value; 0 when not given. */
  readonly epsilon?: number | undefined;
}

const minMaxOptions: OptionKinds<MinMaxOptions> = {
  range: 'numbers',
  epsilon: 'number',
};

/** y = (x − min) / (max − min) · (high − low) + low. Throws RangeError unless low < high and epsilon ≥ 0, all finite. */
export function minMaxScaling(options: MinMaxOptions = {}): Scaling {
  const name = 'minMaxScaler';
  const { range = [0, 1], epsilon = 0 } = readOptions(name, options, minMaxOptions);
  const [low, high] = range;
  if (range.length !== 2 || !(low < high && Number.isFinite(high - low))) {
    throw new RangeError(`${name}: range must go from a number up to a larger one; got ${show(range)}`);
  }
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    throw new RangeError(`${name}: epsilon must be a number that is not negative; got ${epsilon}`);
  }
  const measure = (values: Elements, from: number, step: number): Extent => {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = from; i < values.length; i += step) {
      min = Math.min(min, values[i]!);
      max = Math.max(max, values[i]!);
    }
    return { centre: min, width: max - min <= epsilon ? 0 : max - min };
  };
  return { name, measure, spread: high - low, base: low };
}

/** y = (x − mean) / √variance, the variance of the whole population: Σ(x − mean)² / n. */
export function standardScaling(): Scaling {
  return { name: 'standardScaler', measure: moments, spread: 1, base: 0 };
}

function moments(values: Elements, from: number, step: number): Extent {
  const origin = values[from]!; // differences to a value of the column: equal values give a sum of exactly 0
  let count = 0;
  let sum = 0;
  for (let i = from; i < values.length; i += step) {
    sum += values[i]! - origin;
    count++;
  }
  const mean = origin + sum / count;
  let squares = 0;
  for (let i = from; i < values.length; i += step) squares += (values[i]! - mean) ** 2;
  return { centre: mean, width: Math.sqrt(squares / count) };
}
