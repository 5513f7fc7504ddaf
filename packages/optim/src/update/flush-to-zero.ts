// Numbers too small to matter, taken to 0. A mean that only decays ends among the denormals and stays there, for 0.9 times the
// smallest of them rounds back to it; and arithmetic with denormals takes the processor many times longer (a step of Adam
// 30 – 40 % longer, measured, once some units of a network have died).

import type { Tensor } from '@treadle/tensor';

/** Far below what changes a float32 weight of any useful size, far above the denormals. */
const negligible = 1e-30;

/** x, and 0 where |x| < 10⁻³⁰. */
export function settled(x: Tensor): Tensor {
  return x.abs().less(negligible).where(0, x);
}
