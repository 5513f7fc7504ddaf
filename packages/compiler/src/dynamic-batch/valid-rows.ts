// What kernels must know of the rows of a run, where it may have fewer than the plan was made for: slots of numbers that follow
// from how many there are.

import { type Node, sizeOf } from '@treadle/graph';
import type { Present, Slot } from '@treadle/kernels';
import type { Capture } from '../trace/capture.ts';
import type { Ragged } from './compare.ts';

export class RowsOfRun {
  readonly #capture: Capture;
  readonly #ragged: Ragged | undefined;
  readonly #newSlot: (times: number) => Slot;
  /** by how many times the rows they are */
  readonly #slots = new Map<number, Slot>();

  /** `newSlot` gives one for a number that is so many times the rows. */
  constructor(capture: Capture, ragged: Ragged | undefined, newSlot: (times: number) => Slot) {
    this.#capture = capture;
    this.#ragged = ragged;
    this.#newSlot = newSlot;
  }

  /** Where so many times the rows of a run are written as a number. */
  slot(times: number): Slot {
    const known = this.#slots.get(times);
    if (known !== undefined) return known;
    const slot = this.#newSlot(times);
    this.#slots.set(times, slot);
    return slot;
  }

  /** Where it is written how many elements there are of what an entry combines, if rows lie along it. */
  combined(at: number): Slot | undefined {
    const ragged = this.#ragged;
    if (!ragged || ragged.axes[at] !== undefined) return undefined;
    const input = this.#capture.entries[at]?.inputs.find((one) => ragged.axes[one] !== undefined);
    if (input === undefined) return undefined;
    const { op, shape } = this.#node(at);
    const from = this.#node(input).shape;
    const elements = op?.kind === 'reduce' ? sizeOf(from.slice(shape.length)) : (from[ragged.axes[input] ?? 0] ?? 0);
    return this.slot(elements / ragged.rows);
  }

  /** What there is of the rows of some entries, where all have them along their leading axis. */
  present(members: readonly number[]): Present | undefined {
    const ragged = this.#ragged;
    if (!ragged) return undefined;
    const isLeading = members.every((at) => {
      const axis = ragged.axes[at];
      return axis !== undefined && sizeOf(this.#node(at).shape.slice(0, axis)) === 1;
    });
    return isLeading ? { slot: this.slot(1), of: ragged.rows } : undefined;
  }

  #node(at: number): Node {
    const entry = this.#capture.entries[at];
    if (!entry) throw new Error('internal: no such entry');
    return entry.node;
  }
}
