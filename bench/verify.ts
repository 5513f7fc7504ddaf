// How results are verified before they are timed: every element against float64, within a bound that the caller computes.

import type { Tensor } from 'treadle';

/** Half the distance between neighbouring float32 numbers near 1. */
export const unit: number = 2 ** -24;

/** γₙ: a float32 sum of n terms, in any order, is off by at most γₙ·Σ|term|. */
export const gamma = (n: number): number => (n * unit) / (1 - n * unit);

/** Throws where an element is farther than its bound from what it should be; a bound of 0 where it must be exact. */
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

/** The distance between float32 numbers around x. */
export function ulp(x: number): number {
  return 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(x))) - 23);
}
