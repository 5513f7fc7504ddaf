// Elementary functions, element by element, in float32: exponential, logarithm, trigonometric functions and the error function.
// Each is within 2 ulp of the exact value (`erfc` within 2.05).

import { ops } from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * eˣ.
 *
 * @example
 * ```ts
 * import { exp } from 'treadle';
 * exp([0, 1]); // → [1, 2.71828]
 * ```
 */
export function exp(x: TensorLike): Tensor {
  return new Tensor(ops.exp(nodeOf(x)));
}

/**
 * eˣ − 1, accurate near 0.
 *
 * @example
 * ```ts
 * import { expm1 } from 'treadle';
 * expm1([0, 1]); // → [0, 1.71828]
 * ```
 */
export function expm1(x: TensorLike): Tensor {
  return new Tensor(ops.expm1(nodeOf(x)));
}

/**
 * ln x, the natural logarithm: −∞ at 0, NaN below.
 *
 * @example
 * ```ts
 * import { log } from 'treadle';
 * log([1, 10]); // → [0, 2.30259]
 * ```
 */
export function log(x: TensorLike): Tensor {
  return new Tensor(ops.log(nodeOf(x)));
}

/**
 * ln(1 + x), accurate near 0.
 *
 * @example
 * ```ts
 * import { log1p } from 'treadle';
 * log1p([0, 1]); // → [0, 0.693147]
 * ```
 */
export function log1p(x: TensorLike): Tensor {
  return new Tensor(ops.log1p(nodeOf(x)));
}

/**
 * sin x, x in radians.
 *
 * @example
 * ```ts
 * import { sin } from 'treadle';
 * sin([0, 1]); // → [0, 0.841471]
 * ```
 */
export function sin(x: TensorLike): Tensor {
  return new Tensor(ops.sin(nodeOf(x)));
}

/**
 * cos x, x in radians.
 *
 * @example
 * ```ts
 * import { cos } from 'treadle';
 * cos([0, 1]); // → [1, 0.540302]
 * ```
 */
export function cos(x: TensorLike): Tensor {
  return new Tensor(ops.cos(nodeOf(x)));
}

/**
 * tan x, x in radians.
 *
 * @example
 * ```ts
 * import { tan } from 'treadle';
 * tan([0, 1]); // → [0, 1.55741]
 * ```
 */
export function tan(x: TensorLike): Tensor {
  return new Tensor(ops.tan(nodeOf(x)));
}

/**
 * The error function, 2/√π ∫₀ˣ e^(−t²) dt.
 *
 * @example
 * ```ts
 * import { erf } from 'treadle';
 * erf([0, 1]); // → [0, 0.842701]
 * ```
 */
export function erf(x: TensorLike): Tensor {
  return new Tensor(ops.erf(nodeOf(x)));
}

/**
 * 1 − erf x, accurate where that is small.
 *
 * @example
 * ```ts
 * import { erfc } from 'treadle';
 * erfc([0, 1]); // → [1, 0.157299]
 * ```
 */
export function erfc(x: TensorLike): Tensor {
  return new Tensor(ops.erfc(nodeOf(x)));
}
