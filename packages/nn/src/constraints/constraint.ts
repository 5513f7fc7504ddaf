// What a constraint is: a function that a variable carries, from its new value to the nearest value that is allowed. An optimizer
// applies it after its update, in the same plan. The constraints of this package know themselves as plain data.

import { type Axes, type Configured, show, type Tensor } from '@treadle/tensor';

/** A function of the user, or one of this package, which knows its config. */
export type Constraint = ((value: Tensor) => Tensor) & Configured;

/** Options of `norm`. */
export interface NormOptions {
  /** the axes that a norm is taken over; 0 by default, the inputs of each unit of a dense layer */
  readonly axis?: Axes;
}

/** As in Keras, it is added to a norm before a division. */
export const epsilon = 1e-7;

/** The axes of a norm. Throws TypeError for anything but a number or an array of numbers. */
export function axisOf(op: string, { axis = 0 }: NormOptions): Axes {
  if (typeof axis === 'number' || (Array.isArray(axis) && axis.every((each) => typeof each === 'number'))) return axis;
  throw new TypeError(`${op}: axis must be a number or an array of numbers; got ${show(axis)}`);
}

/** ‖w‖ over the axes, which stay with extent 1. */
export function normOf(w: Tensor, axis: Axes): Tensor {
  return w.square().sum(axis, { keepDims: true }).sqrt();
}
