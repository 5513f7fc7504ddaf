// Activations as functions of a tensor, the one table of their names, and the range of what they give. Element by element, softmax
// excepted.

import { asTensor, type OptionKinds, readOptions, show, Tensor, type TensorLike } from '@treadle/tensor';

export type Activation = (x: Tensor) => Tensor;

/** x */
export function linear(x: TensorLike): Tensor {
  return asTensor(x);
}

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: TensorLike): Tensor {
  return asTensor(x).sigmoid();
}

/** tanh x */
export function tanh(x: TensorLike): Tensor {
  return asTensor(x).tanh();
}

/** max(x, 0) */
export function relu(x: TensorLike): Tensor {
  return asTensor(x).relu();
}

/** x where x > 0, slope·x elsewhere; the slope is 0.2 by default, as in Keras 3. */
export function leakyRelu(given: TensorLike, slope = 0.2): Tensor {
  const x = asTensor(given);
  return x.greater(0).where(x, x.mul(slope));
}

/** min(max(x, 0), 6) */
export function relu6(given: TensorLike): Tensor {
  const x = asTensor(given);
  return x.relu().minimum(6);
}

/** min(max(x + 3, 0), 6) / 6, as in Keras 3. */
export function hardSigmoid(given: TensorLike): Tensor {
  const x = asTensor(given);
  return relu6(x.add(3)).mul(1 / 6);
}

/** x where x > 0, alpha·(eˣ − 1) elsewhere. */
export function elu(given: TensorLike, alpha = 1): Tensor {
  const x = asTensor(given);
  // the exponential sees no positive x, so that neither it nor its gradient overflows in the branch not taken
  return x.greater(0).where(x, x.minimum(0).expm1().mul(alpha));
}

/** G. Klambauer et al., Self-Normalizing Neural Networks, 2017: with these, mean 0 and variance 1 are a fixed point. */
const seluFactors = { alpha: 1.6732632423543772, scale: 1.0507009873554805 } as const;

/** 1.0507·x where x > 0, 1.0507·1.6733·(eˣ − 1) elsewhere. */
export function selu(given: TensorLike): Tensor {
  const x = asTensor(given);
  return elu(x, seluFactors.alpha).mul(seluFactors.scale);
}

export interface GeluOptions {
  /** whether Φ is approximated by tanh; false by default */
  readonly approximate?: boolean;
}

const geluOptions: OptionKinds<GeluOptions> = { approximate: 'boolean' };

/**
 * x·Φ(x), Φ the distribution function of the standard normal; or x·½(1 + tanh(√(2/π)·(x + 0.044715·x³))). Both to the last
 * places of small results: Φ(x) = ½·erfc(−x/√2), and ½(1 + tanh z) = σ(2z).
 */
export function gelu(given: TensorLike, options: GeluOptions = {}): Tensor {
  const x = asTensor(given);
  const { approximate = false } = readOptions('gelu', options, geluOptions);
  if (!approximate) return x.mul(-Math.SQRT1_2).erfc().mul(0.5).mul(x);
  const cubic = x.square().mul(0.044715).add(1).mul(x);
  return cubic
    .mul(2 * Math.sqrt(2 / Math.PI))
    .sigmoid()
    .mul(x);
}

/** x·σ(x) */
export function swish(given: TensorLike): Tensor {
  const x = asTensor(given);
  return x.mul(x.sigmoid());
}

/** x·tanh(ln(1 + eˣ)) */
export function mish(given: TensorLike): Tensor {
  const x = asTensor(given);
  return x.softplus().tanh().mul(x);
}

/** ln(1 + eˣ) */
export function softplus(x: TensorLike): Tensor {
  return asTensor(x).softplus();
}

/** x / (1 + |x|) */
export function softsign(given: TensorLike): Tensor {
  const x = asTensor(given);
  return x.div(x.abs().add(1));
}

/** eˣ */
export function exponential(x: TensorLike): Tensor {
  return asTensor(x).exp();
}

/** eˣ / Σ eˣ along an axis, the last by default. */
export function softmax(given: TensorLike, axis = -1): Tensor {
  const x = asTensor(given);
  return x.softmax(axis);
}

/** x − ln Σ eˣ along an axis, the last by default. */
export function logSoftmax(given: TensorLike, axis = -1): Tensor {
  const x = asTensor(given);
  return x.logSoftmax(axis);
}

export type ActivationName =
  | 'linear'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'tanh'
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'gelu'
  | 'geluTanh'
  | 'swish'
  | 'silu'
  | 'mish'
  | 'softplus'
  | 'softsign'
  | 'exponential'
  | 'softmax'
  | 'logSoftmax';

/** What is known of the numbers that a layer gives. */
export interface OutputRange {
  readonly low: number;
  readonly high: number;
  /** whether they add up to 1 along the last axis */
  readonly isDistribution: boolean;
  /** the activation that they come from, as messages name it */
  readonly from: string;
}

type Known = readonly [apply: Activation, low: number, high: number];

const any = Number.POSITIVE_INFINITY;

/** Each with bounds of what it gives. It is called with one argument. */
const table: Readonly<Record<ActivationName, Known>> = {
  linear: [linear, -any, any],
  sigmoid: [sigmoid, 0, 1],
  hardSigmoid: [hardSigmoid, 0, 1],
  tanh: [tanh, -1, 1],
  relu: [relu, 0, any],
  relu6: [relu6, 0, 6],
  leakyRelu: [leakyRelu, -any, any],
  elu: [elu, -1, any],
  selu: [selu, -1.76, any],
  gelu: [gelu, -0.18, any],
  geluTanh: [(x) => gelu(x, { approximate: true }), -0.18, any],
  swish: [swish, -0.28, any],
  silu: [swish, -0.28, any],
  mish: [mish, -0.31, any],
  softplus: [softplus, 0, any],
  softsign: [softsign, -1, 1],
  exponential: [exponential, 0, any],
  softmax: [softmax, 0, 1],
  logSoftmax: [logSoftmax, -any, 0],
};

/** What is known of the numbers that the activation gives: nothing of one's own. */
export function rangeOf(activation: Activation): OutputRange | undefined {
  const known = Object.entries(table).find(([, [apply]]) => apply === activation);
  if (!known) return undefined;
  const [name, [apply, low, high]] = known;
  return { low, high, isDistribution: apply === softmax, from: apply === linear ? 'no activation' : name };
}

/** The name if it is in the table. Throws RangeError otherwise. */
export function activationName(name: string): ActivationName {
  if (isName(name)) return name;
  throw new RangeError(`activation: the name must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`);
}

function isName(name: unknown): name is ActivationName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** The activation of that name; a function is its own. Throws RangeError for a name that is not in the table. */
export function activationOf(given: string | Activation): Activation {
  if (typeof given !== 'function') return table[activationName(given)][0];
  return rangeOf(given) ? given : (x) => tensorFrom(given(x));
}

/** What a function of one's own gave. Throws TypeError for what is no tensor. */
function tensorFrom(y: unknown): Tensor {
  if (y instanceof Tensor) return y;
  throw new TypeError(`activation: the function must give a tensor; got ${show(y)}`);
}
