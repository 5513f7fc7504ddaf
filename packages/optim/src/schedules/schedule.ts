// Schedules: learning rates that are functions of the number of steps made before. An optimizer takes one in place of a number.

import { checkNumber, show, type Tensor, type TensorLike, tensor, withConfig } from '@treadle/tensor';

/** A function from the number of steps made before (0-d float32) to the learning rate (0-d). */
export type Schedule = (step: Tensor) => Tensor;

/** A schedule that takes the number of steps as a number too. */
export type RateAt = (step: TensorLike) => Tensor;

/** The schedule, which then takes numbers too; the function of this name made it of these arguments. */
export function rateAt(kind: string, given: readonly unknown[], schedule: Schedule): RateAt {
  return withConfig((step: TensorLike) => schedule(tensor(step).cast('float32')), kind, { arguments: given });
}

/** Throws TypeError for a rate that is not a number. */
export function checkRate(name: string, rate: number): void {
  checkNumber(`${name}: the rate`, rate);
}

/** Throws RangeError unless every value is above 0. */
export function checkPositive(name: string, figures: Readonly<Record<string, number>>): void {
  for (const [which, figure] of Object.entries(figures)) {
    if (typeof figure !== 'number' || !(figure > 0 && Number.isFinite(figure))) {
      throw new RangeError(`${name}: ${which} must be a number above 0; got ${show(figure)}`);
    }
  }
}

/** Throws RangeError unless every value is finite and ≥ 0. */
export function checkNotNegative(name: string, figures: Readonly<Record<string, number>>): void {
  for (const [which, figure] of Object.entries(figures)) {
    if (typeof figure !== 'number' || !(figure >= 0 && Number.isFinite(figure))) {
      throw new RangeError(`${name}: ${which} must be a finite number ≥ 0; got ${show(figure)}`);
    }
  }
}
