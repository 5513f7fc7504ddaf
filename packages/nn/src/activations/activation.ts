// What an activation is, and what the activations of this package know of themselves: a name, and the interval of their results.
// A loss compares this interval with the predictions that it expects. The names are looked up in activation-by-name.ts.

import type { Tensor } from '@treadle/tensor';

/** A function of a tensor [batch, …] that keeps its shape. */
export type Activation = (x: Tensor) => Tensor;

/** What is known of the elements of a result before it is computed. */
export interface OutputRange {
  /** the lower bound of all elements */
  readonly low: number;
  /** the upper bound of all elements */
  readonly high: number;
  /** whether the elements along the last axis add up to 1 */
  readonly isDistribution: boolean;
  /** the activation that gives the result, as messages name it */
  readonly from: string;
}

/** An activation that knows the range of its results. */
export type KnownActivation<F extends Activation> = F & { readonly range: OutputRange };

/** The interval of the results; an end that is left out is infinite. */
interface Bounds {
  readonly low?: number;
  readonly high?: number;
  readonly isDistribution?: boolean;
}

/** The activation with its range. It is called with one argument, so that further parameters need defaults. */
export function defineActivation<F extends Activation>(from: string, bounds: Bounds, apply: F): KnownActivation<F> {
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY, isDistribution = false } = bounds;
  return Object.assign(apply, { range: { low, high, isDistribution, from } });
}

/** The range of the results of an activation of this package; undefined for a function that the user wrote. */
export function outputRangeOf(activation: Activation): OutputRange | undefined {
  return isKnown(activation) ? activation.range : undefined;
}

function isKnown(activation: Activation): activation is KnownActivation<Activation> {
  return 'range' in activation;
}
