// What an update rule is: how one variable moves, by its gradient and the state that is kept for it. What all rules have in common
// (clipping, weight decay, averages) is not known here.

import type { Tensor } from '@treadle/tensor';

/** The result of a move: the new value of a variable, and its new state in the order of the rule's slots. */
export interface Update {
  /** the new value */
  readonly x: Tensor;
  /** the new state */
  readonly state: readonly Tensor[];
}

/** A part of the state, kept from step to step. */
export interface Slot {
  /** such as 'momentum' */
  readonly name: string;
  /** the first value of all its elements; 0 by default */
  readonly initial?: number;
}

/** Moves x by a gradient dx of its shape, given its state. */
export type Move = (x: Tensor, dx: Tensor, state: readonly Tensor[]) => Update;

/** How variables move. `optimizerOf` makes an optimizer of a rule. */
export interface UpdateRule {
  /** the name of the optimizer, such as 'adam' */
  readonly name: string;
  /** whether each element depends on its own gradient and state alone, so that single rows can be updated; false by default */
  readonly isElementwise?: boolean;
  /** whether a gradient of 0 leaves an element and its state the same, to the bit; false by default */
  readonly restsAtZero?: boolean;
  /** the state of each variable, tensors of its shape */
  readonly slots: readonly Slot[];
  /** the state that all variables share: 0-d */
  readonly shared?: readonly Slot[];
  /** The new shared state; the first step is 1. */
  advance?(shared: readonly Tensor[], step: Tensor): readonly Tensor[];
  /** Begins a step: computes what all variables have in common, once. `shared` is the new shared state. */
  begin(rate: Tensor, step: Tensor, shared: readonly Tensor[]): Move;
}
