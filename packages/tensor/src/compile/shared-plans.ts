// Plans that recordings of one function share. Calls whose arguments differ in one size alone (the rows of a batch, or the steps of
// sequences) may run the plan for the larger size; the compiler finds out whether they can. This file knows which size that is.

import { captureCall, type PlanMaker, SharedPlan } from '@treadle/compiler';
import { checkSize } from '@treadle/graph';
import type { Tensor } from '../tensor.ts';
import { describeOpenArguments } from './describe-arguments.ts';
import { placeholder, replaceTensors, StandInCall, typeOf } from './recorded-call.ts';
import { Recordings } from './recordings.ts';

/** A size of the arguments that other calls may have otherwise: `size` elements along an axis. */
export interface OpenSize {
  readonly axis: number;
  readonly size: number;
}

/** The leading size of the last tensor, and the steps of sequences [batch, steps, …]. */
function openSizesOf(tensors: readonly Tensor[]): readonly OpenSize[] {
  const sequence = tensors.find(({ shape }) => shape.length > 2);
  const sizes = [
    { axis: 0, size: tensors.at(-1)?.shape[0] ?? 0 },
    { axis: 1, size: sequence?.shape[1] ?? 0 },
  ];
  return sizes.filter(({ size }) => size > 0);
}

export class SharedPlans<A extends readonly unknown[], R> {
  readonly #f: (...args: A) => R;
  readonly #capacity: ((rows: number) => number) | undefined;
  /** by a text that is equal for calls that differ in the open size alone */
  readonly #plans = new Recordings<SharedPlan>((plan) => plan);

  /** `capacity`: see CompileOptions; it is for rows, not for steps. */
  constructor(f: (...args: A) => R, capacity: ((rows: number) => number) | undefined) {
    this.#f = f;
    this.#capacity = capacity;
  }

  /** What makes the plan of a call; undefined where no size of it is open. */
  planMakerFor(args: A, tensors: readonly Tensor[]): PlanMaker | undefined {
    const open = openSizesOf(tensors).map((size) => ({
      ...size,
      key: `${size.axis} ${describeOpenArguments(args, size)}`,
    }));
    const known = open.find(({ key }) => this.#plans.get(key));
    if (!known) this.#addPlans(args, tensors, open);
    const { key = '', size } = known ?? open[0] ?? {};
    const plan = this.#plans.get(key);
    return plan && size ? (captured) => plan.planFor(captured, size) : undefined;
  }

  /** A shared plan for each open size, because a later call may differ in any of them; this call uses the first. */
  #addPlans(args: A, tensors: readonly Tensor[], open: readonly (OpenSize & { readonly key: string })[]): void {
    for (const one of open) {
      const plan = this.#sharedPlan(args, tensors, one);
      this.#plans.add(one.key, plan);
      if (one !== open[0]) plan.note(one.size);
    }
  }

  /** A plan for f at any size; it keeps no values of this call. */
  #sharedPlan(args: A, tensors: readonly Tensor[], { axis, size }: OpenSize): SharedPlan {
    const types = tensors.map(typeOf);
    const places = types.map(placeholder);
    const standIn = new StandInCall(this.#f, replaceTensors(args, tensors, places), places);
    const capture = (other: number) => {
      const resized = types.map(({ shape, dtype }) => ({
        shape: shape[axis] === size ? checkSize('compile', shape.with(axis, other)) : shape,
        dtype,
      }));
      return captureCall(resized, standIn.call);
    };
    return new SharedPlan({ capture, ...(axis === 0 && this.#capacity && { capacity: this.#capacity }) });
  }
}
