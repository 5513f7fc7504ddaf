// Activations as functions of a tensor, and the one table of their names. Element by element, softmax excepted.

import type { Tensor } from '@treadle/tensor';

export type Activation = (x: Tensor) => Tensor;

/** x */
export function linear(x: Tensor): Tensor {
  return x;
}

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: Tensor): Tensor {
  return x.sigmoid();
}

/** tanh x */
export function tanh(x: Tensor): Tensor {
  return x.tanh();
}

/** max(x, 0) */
export function relu(x: Tensor): Tensor {
  return x.relu();
}

/** x where x > 0, slope·x elsewhere; the slope is 0.2 by default, as in Keras 3. */
export function leakyRelu(x: Tensor, slope = 0.2): Tensor {
  return x.greater(0).where(x, x.mul(slope));
}

/** x where x > 0, alpha·(eˣ − 1) elsewhere. */
export function elu(x: Tensor, alpha = 1): Tensor {
  // the exponential sees no positive x, so that neither it nor its gradient overflows in the branch not taken
  return x.greater(0).where(x, x.minimum(0).expm1().mul(alpha));
}

/** x·σ(x) */
export function swish(x: Tensor): Tensor {
  return x.mul(x.sigmoid());
}

/** eˣ / Σ eˣ along the last axis. */
export function softmax(x: Tensor): Tensor {
  return x.softmax(-1);
}

export type ActivationName =
  | 'linear'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'elu'
  | 'swish'
  | 'silu'
  | 'softmax';

const table: Readonly<Record<ActivationName, Activation>> = {
  linear,
  sigmoid,
  tanh,
  relu,
  leakyRelu: (x) => leakyRelu(x),
  elu: (x) => elu(x),
  swish,
  silu: swish,
  softmax,
};

/** The name if it is in the table. Throws RangeError otherwise. */
export function activationName(name: string): ActivationName {
  if (isName(name)) return name;
  throw new RangeError(
    `activation: the name must be one of ${Object.keys(table).join(', ')}; got ${JSON.stringify(name)}`,
  );
}

function isName(name: string): name is ActivationName {
  return Object.hasOwn(table, name);
}

/** The activation of that name; a function is its own. Throws RangeError for a name that is not in the table. */
export function activationOf(given: string | Activation): Activation {
  return typeof given === 'function' ? given : table[activationName(given)];
}
