// Learning rates that change with the step: functions from the number of steps made before (0-d float32) to the rate (0-d).

import type { Tensor } from '@treadle/tensor';

export type Schedule = (step: Tensor) => Tensor;

/** Throws RangeError unless every figure is above 0. */
export function checkPositive(name: string, figures: Readonly<Record<string, number>>): void {
  for (const [which, figure] of Object.entries(figures)) {
    if (!(figure > 0 && Number.isFinite(figure))) {
      throw new RangeError(`${name}: ${which} must be a number above 0; got ${figure}`);
    }
  }
}

/** Throws RangeError unless every figure is finite and ≥ 0. */
export function checkNotNegative(name: string, figures: Readonly<Record<string, number>>): void {
  for (const [which, figure] of Object.entries(figures)) {
    if (!(figure >= 0 && Number.isFinite(figure))) {
      throw new RangeError(`${name}: ${which} must be a finite number ≥ 0; got ${figure}`);
    }
  }
}
