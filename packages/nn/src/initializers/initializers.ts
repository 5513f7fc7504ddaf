// What a variable begins with: functions from a shape to a tensor, made by functions of their options, and the one table of
// their names. Figures are Keras's. Without a seed of their own they draw from the sequence that setSeed starts.

import {
  checkNumber,
  checkShape,
  eye,
  full,
  randomNormal as normal,
  type OptionKinds,
  readOptions,
  type Shape,
  ShapeError,
  show,
  type Tensor,
  randomUniform as uniform,
} from '@treadle/tensor';
import { orthogonal } from './orthogonal.ts';

export type Initializer = (shape: Shape) => Tensor;

export { type OrthogonalOptions, orthogonal } from './orthogonal.ts';

export interface SeedOption {
  /** values that depend on this seed alone */
  readonly seed?: number;
}

const seedOption: OptionKinds<SeedOption> = { seed: 'number' };

export function zeros(): Initializer {
  return (shape) => full(shape, 0);
}

export function ones(): Initializer {
  return (shape) => full(shape, 1);
}

export function constant(value = 0): Initializer {
  checkNumber('constant: the value', value);
  return (shape) => full(shape, value);
}

export interface NormalOptions extends SeedOption {
  /** 0 by default */
  readonly mean?: number;
  /** 0.05 by default */
  readonly stddev?: number;
}

const normalOptions: OptionKinds<NormalOptions> = { mean: 'number', stddev: 'number', ...seedOption };

export function randomNormal(options: NormalOptions = {}): Initializer {
  const { mean = 0, stddev = 0.05, ...seed } = readOptions('randomNormal', options, normalOptions);
  return (shape) => normal(shape, { mean, stddev, ...seed });
}

/** Normal, cut off at two standard deviations: stddev is that of the distribution before the cut, as in Keras. */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  const { mean = 0, stddev = 0.05, ...seed } = readOptions('truncatedNormal', options, normalOptions);
  return (shape) => standardTruncated(shape, seed).mul(stddev).add(mean);
}

export interface UniformOptions extends SeedOption {
  /** −0.05 by default */
  readonly min?: number;
  /** 0.05 by default */
  readonly max?: number;
}

const uniformOptions: OptionKinds<UniformOptions> = { min: 'number', max: 'number', ...seedOption };

export function randomUniform(options: UniformOptions = {}): Initializer {
  const { min = -0.05, max = 0.05, ...seed } = readOptions('randomUniform', options, uniformOptions);
  return (shape) => uniform(shape, { min, max, ...seed });
}

/** Ones on the diagonal of a matrix, times `gain`; zeros elsewhere. Throws ShapeError for what is no matrix. */
export function identity(options: { readonly gain?: number } = {}): Initializer {
  const { gain = 1 } = readOptions('identity', options, { gain: 'number' });
  return initializer('identity', (shape) => {
    const [rows = 1, columns = 1] = shape;
    if (shape.length !== 2)
      throw new ShapeError(`identity: the shape must be that of a matrix; got [${shape.join(', ')}]`);
    return eye(rows, columns).mul(gain);
  });
}

export interface VarianceScalingOptions extends SeedOption {
  /** the variance times the fan; 1 by default */
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

/** Mean 0 and variance scale / fan. Throws RangeError for a scale that is not above 0, a mode or distribution that is none. */
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
  return initializer('varianceScaling', (shape) => draw(shape, scale / Math.max(1, fan(fansOf(shape))), seed));
}

/** The initializer, which refuses what is no shape in the name that users call it by. */
function initializer(op: string, make: Initializer): Initializer {
  return (shape) => make(checkShape(op, shape));
}

function choose<T>(option: string, table: Readonly<Record<string, T>>, name: string): T {
  const chosen = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
  if (chosen !== undefined) return chosen;
  throw new RangeError(
    `varianceScaling: the ${option} must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`,
  );
}

/** Uniform with variance 2 / (fanIn + fanOut): within ±√(6 / (fanIn + fanOut)). */
export function glorotUniform(seed: SeedOption = {}): Initializer {
  readOptions('glorotUniform', seed, seedOption);
  return varianceScaling({ mode: 'fanAvg', distribution: 'uniform', ...seed });
}

/** Normal, cut off at two standard deviations, with variance 2 / (fanIn + fanOut). */
export function glorotNormal(seed: SeedOption = {}): Initializer {
  readOptions('glorotNormal', seed, seedOption);
  return varianceScaling({ mode: 'fanAvg', ...seed });
}

/** Uniform with variance 2 / fanIn: within ±√(6 / fanIn). */
export function heUniform(seed: SeedOption = {}): Initializer {
  readOptions('heUniform', seed, seedOption);
  return varianceScaling({ scale: 2, distribution: 'uniform', ...seed });
}

/** Normal, cut off at two standard deviations, with variance 2 / fanIn. */
export function heNormal(seed: SeedOption = {}): Initializer {
  readOptions('heNormal', seed, seedOption);
  return varianceScaling({ scale: 2, ...seed });
}

/** Uniform with variance 1 / fanIn: within ±√(3 / fanIn). */
export function lecunUniform(seed: SeedOption = {}): Initializer {
  readOptions('lecunUniform', seed, seedOption);
  return varianceScaling({ distribution: 'uniform', ...seed });
}

/** Normal, cut off at two standard deviations, with variance 1 / fanIn. */
export function lecunNormal(seed: SeedOption = {}): Initializer {
  readOptions('lecunNormal', seed, seedOption);
  return varianceScaling({ ...seed });
}

interface Fans {
  /** how many inputs one output is summed from */
  readonly fanIn: number;
  /** how many outputs one input goes to */
  readonly fanOut: number;
}

/** [fanIn, fanOut] for a matrix; axes before the last two are those of a window, which multiplies both. */
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

/** erf √2: how much of the normal distribution lies within two standard deviations. */
const withinTwo = 0.9544997361036416;

/** The standard normal distribution cut off at ±2, by its inverse: √2·erf⁻¹(x) for x uniform within ±erf √2. */
function standardTruncated(shape: Shape, seed: SeedOption): Tensor {
  const x = uniform(shape, { min: -withinTwo, max: withinTwo, ...seed });
  return inverseErf(x).mul(Math.SQRT2);
}

/** M. Giles, Approximating the erfinv function, 2011: the central polynomial in −ln(1 − x²) − 2.5, highest power first. */
const coefficients = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
] as const;

/** erf⁻¹(x) for |x| ≤ 0.9966, relative error below 6·10⁻⁷. */
function inverseErf(x: Tensor): Tensor {
  const w = x.neg().add(1).mul(x.add(1)).log().neg().sub(2.5); // −ln((1 − x)(1 + x)) − 2.5
  const [highest, ...rest] = coefficients;
  const polynomial = rest.reduce((sum: Tensor, c) => sum.mul(w).add(c), full(x.shape, highest));
  return polynomial.mul(x);
}

export type InitializerName =
  | 'zeros'
  | 'ones'
  | 'constant'
  | 'identity'
  | 'randomNormal'
  | 'truncatedNormal'
  | 'randomUniform'
  | 'varianceScaling'
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'lecunUniform'
  | 'lecunNormal'
  | 'orthogonal';

const table: Readonly<Record<InitializerName, () => Initializer>> = {
  zeros,
  ones,
  constant,
  identity,
  randomNormal,
  truncatedNormal,
  randomUniform,
  varianceScaling,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
  orthogonal,
};

/** The name if it is in the table. Throws RangeError otherwise. */
export function initializerName(name: string): InitializerName {
  if (isName(name)) return name;
  throw new RangeError(`initializer: the name must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`);
}

function isName(name: unknown): name is InitializerName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** The initializer of that name with its default options; a function is its own. Throws RangeError for an unknown name. */
export function initializerOf(given: string | Initializer): Initializer {
  return typeof given === 'function' ? given : table[initializerName(given)]();
}
