// varianceScaling: random numbers whose variance is a share of the fan, the number of inputs or outputs of a unit, so that
// activations and gradients keep their size from layer to layer. The families of glorot, he and lecun are made of it.

import {
  checkShape,
  randomNormal as normal,
  type OptionKinds,
  readOptions,
  type Shape,
  show,
  type Tensor,
  randomUniform as uniform,
} from '@treadle/tensor';
import { type Initializer, type SeedOption, seedOption } from './initializer.ts';
import { standardTruncated } from './truncated-normal.ts';

/** Options of `varianceScaling`. */
export interface VarianceScalingOptions extends SeedOption {
  /** the variance times the fan, above 0; 1 by default */
  readonly scale?: number;
  /** which fan: the inputs of one output (by default), the outputs of one input, or their mean */
  readonly mode?: 'fanIn' | 'fanOut' | 'fanAvg';
  /** 'truncatedNormal' by default; 'untruncatedNormal' has no cut at two standard deviations */
  readonly distribution?: 'truncatedNormal' | 'untruncatedNormal' | 'uniform';
}

const varianceScalingOptions: OptionKinds<VarianceScalingOptions> = {
  scale: 'number',
  mode: 'any',
  distribution: 'any',
  ...seedOption,
};

/**
 * Random numbers with mean 0 and variance scale / fan. Throws RangeError for a scale that is not above 0, an unknown mode or an
 * unknown distribution.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * const limit = Math.sqrt(3 / 4); // the variance of the uniform distribution within ±limit is limit² / 3 = 1 / 4
 * const draw = initializers.varianceScaling({ mode: 'fanIn', distribution: 'uniform', seed: 1 });
 * draw([4, 100]).abs().max().item() <= limit; // → true
 * ```
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  readOptions('varianceScaling', options, varianceScalingOptions);
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal', ...seed } = options;
  if (!(scale > 0)) throw new RangeError(`varianceScaling: the scale must be above 0; got ${scale}`);
  const fan = choose('mode', { fanIn, fanOut, fanAvg }, mode);
  const draw = choose(
    'distribution',
    { truncatedNormal: scaledTruncated, untruncatedNormal: scaledNormal, uniform: scaledUniform },
    distribution,
  );
  return (shape) => draw(shape, scale / Math.max(1, fan(fansOf(checkShape('varianceScaling', shape)))), seed);
}

function choose<T>(option: string, table: Readonly<Record<string, T>>, name: string): T {
  const chosen = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
  if (chosen !== undefined) return chosen;
  throw new RangeError(
    `varianceScaling: the ${option} must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`,
  );
}

interface Fans {
  /** the number of inputs that are summed to one output */
  readonly fanIn: number;
  /** the number of outputs that one input goes to */
  readonly fanOut: number;
}

/** The fans of a matrix [fanIn, fanOut]. Axes before the last two are those of a window, whose size multiplies both. */
function fansOf(shape: Shape): Fans {
  const [size = 1] = shape;
  if (shape.length < 2) return { fanIn: size, fanOut: size };
  const window = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  return { fanIn: window * (shape.at(-2) ?? 1), fanOut: window * (shape.at(-1) ?? 1) };
}

const fanIn = (fans: Fans): number => fans.fanIn;
const fanOut = (fans: Fans): number => fans.fanOut;
const fanAvg = (fans: Fans): number => (fans.fanIn + fans.fanOut) / 2;

function scaledUniform(shape: Shape, variance: number, seed: SeedOption): Tensor {
  const limit = Math.sqrt(3 * variance);
  return uniform(shape, { min: -limit, max: limit, ...seed });
}

function scaledNormal(shape: Shape, variance: number, seed: SeedOption): Tensor {
  return normal(shape, { stddev: Math.sqrt(variance), ...seed });
}

/** The standard deviation of the standard normal distribution cut off at ±2. */
const truncatedStddev = 0.87962566103423978;

function scaledTruncated(shape: Shape, variance: number, seed: SeedOption): Tensor {
  return standardTruncated(shape, seed).mul(Math.sqrt(variance) / truncatedStddev);
}
