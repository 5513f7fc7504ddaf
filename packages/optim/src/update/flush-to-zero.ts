// Flush to zero: state that is too small to matter becomes 0. A moving mean that only decays ends among the denormals and stays there,
// because 0.9 times the smallest denormal rounds to itself. Arithmetic with denormals is many times slower (a step of Adam takes 30 – 40 %
// longer, measured, when some units of a network have died).

import type { Tensor } from '@treadle/tensor';

/** Far below what changes a float32 weight of any useful size, far above the denormals. */
const negligible = 1e-30;

/** x, and 0 where |x| < 10⁻³⁰; the shape of x. */
export function flushToZero(x: Tensor): Tensor {
  return x.abs().less(negligible).where(0, x);
}
