// How results are verified before they are timed: each element is compared with float64, within a bound that the
// caller computes.

import type { Tensor } from 'treadle';

/** The unit roundoff of float32: half the distance from 1 to the next larger number. */
export const unit: number = 2 ** -24;

/** γₙ: the error of a float32 sum of n terms, in any order, is at most γₙ·Σ|term|. */
export const gamma = (n: number): number => (n * unit) / (1 - n * unit);

/** Throws if an element differs from `want` by more than `bound`. By default the elements must be exact. */
export function verifyEach(
  name: string,
  result: Tensor,
  want: (i: number) => number,
  bound: (i: number) => number = () => 0,
): void {
  result.data().forEach((got, i) => {
    const right = want(i);
    if (!(Math.abs(got - right) <= bound(i))) throw new Error(`${name}: element ${i} is ${got} instead of ${right}`);
  });
}

/** The distance between neighbouring float32 numbers near x. */
export function ulp(x: number): number {
  return 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(x))) - 23);
}

/**
 * Verifies a compiled training step: its first loss must be that of the uncompiled network, and the loss must fall, or
 * be below 1e-5, while `steps` more steps memorize the batch. The suite peers compares losses with float64.
 */
export function verifyTraining(name: string, uncompiled: () => Tensor, step: () => Tensor, steps: number): void {
  const before = uncompiled().item();
  const first = step().item();
  if (first !== before) throw new Error(`${name}: compiled loss ${first}, uncompiled ${before}`);
  for (let i = 0; i < steps; i++) step().dispose();
  const after = step().item();
  if (!(after < before || after < 1e-5)) throw new Error(`${name}: the loss does not fall: ${before}, then ${after}`);
}
