// The vector constants that loops use. V8 builds a vector constant with several instructions wherever it occurs, in every round of
// a loop (seen in Node 24 and 26: an `exp` kernel takes half the time without that). So a constant in a loop becomes a local
// that is set once, when the function is entered. All zeros and all ones cost one instruction and stay in place.

import type { ConstantValue } from './expression.ts';
import { isVector, type ValueType, type Vector } from './types.ts';

/** A constant and the local that holds it. */
interface HeldConstant {
  readonly type: Vector;
  readonly value: ConstantValue;
  readonly index: number;
}

/** The locals of one function that hold constants. */
export class LoopConstants {
  readonly #first: number;
  readonly #held = new Map<string, HeldConstant>();

  /** `first`: the number of the first of them. */
  constructor(first: number) {
    this.#first = first;
  }

  /** In the order of their locals. */
  get all(): Iterable<HeldConstant> {
    return this.#held.values();
  }

  /** The local that holds a constant of a loop; undefined for one that is not worth it. */
  localOf(type: ValueType, value: ConstantValue): number | undefined {
    if (!isVector(type) || isCheap(type, value)) return undefined;
    const key = constantKey(type, value);
    let held = this.#held.get(key);
    if (!held) {
      held = { type, value, index: this.#first + this.#held.size };
      this.#held.set(key, held);
    }
    return held.index;
  }
}

/** Equal for equal constants; −0 differs from 0. */
function constantKey(type: Vector, value: ConstantValue): string {
  const lanes = typeof value === 'object' ? value : [value];
  return `${type} ${lanes.map((lane) => (Object.is(lane, -0) ? '-0' : String(lane)))}`;
}

function isCheap(type: Vector, value: ConstantValue): boolean {
  const lanes = typeof value === 'object' ? value : [value];
  const isAll = (bits: number): boolean => lanes.every((lane) => Object.is(Number(lane), bits));
  return isAll(0) || (type.startsWith('i') && isAll(-1));
}
