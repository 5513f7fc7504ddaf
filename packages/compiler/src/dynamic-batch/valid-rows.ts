// Valid rows: the numbers that tell kernels how many rows a run has, if it may have fewer than the plan was made for. Each number is a
// multiple of the rows, lies in memory, and is written when a run is bound.

import { type Node, sizeOf } from '@treadle/graph';
import type { Present, Slot } from '@treadle/kernels';
import type { Capture } from '../trace/capture.ts';
import type { DynamicBatch } from './dynamic-batch.ts';
import { isOutermost } from './row-dependence.ts';

/** Gives out the slots of these numbers. */
export class ValidRows {
  readonly #capture: Capture;
  readonly #batch: DynamicBatch | undefined;
  readonly #newSlot: (times: number) => Slot;
  /** by factor */
  readonly #slots = new Map<number, Slot>();

  /** `newSlot` makes a slot for the number `times` · rows. */
  constructor(capture: Capture, batch: DynamicBatch | undefined, newSlot: (times: number) => Slot) {
    this.#capture = capture;
    this.#batch = batch;
    this.#newSlot = newSlot;
  }

  /** The slot of the number `times` · rows. */
  slot(times: number): Slot {
    const known = this.#slots.get(times);
    if (known !== undefined) return known;
    const slot = this.#newSlot(times);
    this.#slots.set(times, slot);
    return slot;
  }

  /** The slot of the number of elements that an entry combines, if it reduces over a dynamic axis. */
  combined(at: number): Slot | undefined {
    const batch = this.#batch;
    if (!batch || batch.axes[at] !== undefined) return undefined;
    const input = this.#capture.entries[at]?.inputs.find((one) => batch.axes[one] !== undefined);
    if (input === undefined) return undefined;
    const { op, shape } = this.#node(at);
    const from = this.#node(input).shape;
    const elements = op?.kind === 'reduce' ? sizeOf(from.slice(shape.length)) : (from[batch.axes[input] ?? 0] ?? 0);
    return this.slot(elements / batch.rows);
  }

  /** The valid rows of some entries, if all of them have their dynamic axis outermost. */
  present(members: readonly number[]): Present | undefined {
    const batch = this.#batch;
    if (!batch) return undefined;
    const isLeading = members.every((at) => {
      const axis = batch.axes[at];
      return axis !== undefined && isOutermost(this.#node(at).shape, axis);
    });
    return isLeading ? { slot: this.slot(1), of: batch.rows } : undefined;
  }

  #node(at: number): Node {
    const entry = this.#capture.entries[at];
    if (!entry) throw new Error('internal: no such entry');
    return entry.node;
  }
}
