// Buffers of loops: where the steps of a loop write. A value that is requested for all iterations has a stack, with a slice for each
// iteration. A carry of which only the last value is requested has two slices, used in alternation. An iteration reads a carry where
// the iteration before has written it, so nothing is copied between iterations. A carry that is requested as each iteration begins,
// and its next value, share one stack: one is the other, shifted by a slice.

import { type BodyPlace, byteLength, type LoopOp, type Part, typeAt } from '@treadle/graph';
import type { Location, Slot } from '@treadle/kernels';
import { neededCarries, nextPlace, placeKey } from '../trace/capture-body.ts';

/** Makes slots in the plan around a loop. */
export interface LoopSlots {
  /** a buffer of so many bytes */
  allocate(bytes: number): Slot;
  /** the address of another slot plus as many bytes as follow from the rows of a run */
  shifted(of: Slot, by: (rows: number) => number): Slot;
}

/** How many iterations a loop has: `most`, or `perRow` for each row of a run, and `most` for the most rows. */
export interface Iterations {
  readonly most: number;
  readonly perRow: number | undefined;
}

/** The location `bytes` + `perIteration` · iterations after a slot. */
export function locationAfter(
  slots: Pick<LoopSlots, 'shifted'>,
  { most, perRow }: Iterations,
  slot: Slot,
  bytes: number,
  perIteration: number,
): Location {
  if (perRow === undefined) return { slot, byteOffset: bytes + perIteration * most };
  return { slot: slots.shifted(slot, (rows) => perIteration * perRow * rows), byteOffset: bytes };
}

/** A result of a loop that something needs; with `slot` where it must lie in that slot, as an output or variable. */
export interface RequestedResult {
  readonly at: number;
  readonly part: Part;
  readonly slot: Slot | undefined;
}

/** A result that is the values of a node of the body in all iterations. */
interface RequestedStack {
  readonly at: number;
  readonly slot: Slot | undefined;
  readonly place: BodyPlace;
}

/** Where a step writes a value: the locations for the first and the last iteration, and the bytes from one iteration to the next. */
export interface LoopBuffer {
  readonly first: Location;
  readonly last: Location;
  /** the least address, at which the stack begins */
  readonly least: Location;
  /** negative where the loop is reversed */
  readonly stride: number;
  /** whether there are two slices, used in alternation */
  readonly alternates: boolean;
}

/** Where the values and results of a loop lie. */
export interface LoopBuffers {
  readonly op: LoopOp;
  readonly carries: readonly number[];
  /** the places of the body that have a stack */
  readonly requested: readonly BodyPlace[];
  /** by key of a place */
  readonly buffers: ReadonlyMap<string, LoopBuffer>;
  /** where each result lies, by its entry */
  readonly locations: ReadonlyMap<number, Location>;
  /** results that must be copied to their slot after the loop */
  readonly copies: readonly { readonly at: number; readonly from: Location }[];
  /** by carry: where its first value must lie before the loop, if that is not where it lies anyway */
  readonly begins: ReadonlyMap<number, Location>;
}

/** Decides where all values of a loop lie that its plan needs. */
export function assignLoopBuffers(
  op: LoopOp,
  results: readonly RequestedResult[],
  iterations: Iterations,
  slots: LoopSlots,
): LoopBuffers {
  return new LoopBufferAssignment(op, results, iterations, slots).assign();
}

class LoopBufferAssignment {
  readonly #op: LoopOp;
  readonly #results: readonly RequestedResult[];
  readonly #iterations: Iterations;
  readonly #slots: LoopSlots;
  readonly #buffers = new Map<string, LoopBuffer>();
  readonly #locations = new Map<number, Location>();
  readonly #copies: { at: number; from: Location }[] = [];
  readonly #begins = new Map<number, Location>();
  readonly #requested: BodyPlace[] = [];

  constructor(op: LoopOp, results: readonly RequestedResult[], iterations: Iterations, slots: LoopSlots) {
    this.#op = op;
    this.#results = results;
    this.#iterations = iterations;
    this.#slots = slots;
  }

  assign(): LoopBuffers {
    const { body } = this.#op;
    const stacks = this.#results.flatMap(({ at, part, slot }) =>
      part.kind === 'stack' ? [{ at, slot, place: part.place }] : [],
    );
    for (const stack of stacks) this.#assignWithNext(stack, stacks);
    for (const stack of stacks) this.#assignStack(stack);
    const finals = this.#results.flatMap(({ part }) => (part.kind === 'final' ? [part.carry] : []));
    const carries = neededCarries(body, this.#requested, finals);
    for (const carry of carries) this.#addCarryBuffer(carry);
    for (const { at, part, slot } of this.#results) if (part.kind === 'final') this.#assignFinal(at, part.carry, slot);
    return {
      op: this.#op,
      carries,
      requested: this.#requested,
      buffers: this.#buffers,
      locations: this.#locations,
      copies: this.#copies,
      begins: this.#begins,
    };
  }

  /** One stack for a carry as iterations begin and for its next value, unless one of them must lie in a slot of its own. */
  #assignWithNext({ at, place }: RequestedStack, stacks: readonly RequestedStack[]): void {
    const { body, isReversed, length } = this.#op;
    if (typeof place !== 'number' || place >= body.carries.length) return;
    const becomes = nextPlace(body, place);
    const isOwn = (one: number): boolean => stacks.some((other) => other.slot !== undefined && other.place === one);
    if (isOwn(place) || isOwn(becomes) || this.#buffers.has(`${becomes}`)) return;
    const bytes = this.#bytesOf(place);
    const slot = this.#slots.allocate(bytes * (length + 1));
    const ahead = isReversed ? 0 : bytes;
    this.#addStack(becomes, { slot, byteOffset: ahead }, bytes);
    this.#locations.set(at, { slot, byteOffset: bytes - ahead });
    this.#begins.set(place, isReversed ? this.#locationAfter(slot, 0, bytes) : { slot, byteOffset: 0 });
    this.#requested.push(becomes);
  }

  #assignStack({ at, slot, place }: RequestedStack): void {
    if (this.#locations.has(at)) return;
    const known = this.#buffers.get(placeKey(place));
    if (known) {
      if (slot !== undefined) this.#copies.push({ at, from: known.least });
      this.#locations.set(at, slot === undefined ? known.least : { slot, byteOffset: 0 });
      return;
    }
    const bytes = this.#bytesOf(place);
    const own = { slot: slot ?? this.#slots.allocate(bytes * this.#op.length), byteOffset: 0 };
    this.#addStack(place, own, bytes);
    this.#locations.set(at, own);
    this.#requested.push(place);
  }

  #bytesOf(place: BodyPlace): number {
    const { shape, dtype } = typeAt(this.#op.body, place);
    return byteLength(dtype, shape);
  }

  #locationAfter(slot: Slot, bytes: number, perIteration: number): Location {
    return locationAfter(this.#slots, this.#iterations, slot, bytes, perIteration);
  }

  /** A buffer with a slice for every iteration. */
  #addStack(place: BodyPlace, least: Location, bytes: number): void {
    const { isReversed } = this.#op;
    const most = this.#locationAfter(least.slot, least.byteOffset - bytes, bytes);
    const [first, last] = isReversed ? [most, least] : [least, most];
    const stride = isReversed ? -bytes : bytes;
    this.#buffers.set(placeKey(place), { first, last, least, stride, alternates: false });
  }

  #addCarryBuffer(carry: number): void {
    const place = nextPlace(this.#op.body, carry);
    if (this.#buffers.has(`${place}`)) return;
    const stride = 64 * Math.ceil(this.#bytesOf(place) / 64);
    const slot = this.#slots.allocate(2 * stride);
    const first = { slot, byteOffset: 0 };
    const { most, perRow } = this.#iterations;
    const isSecond = (iterations: number): number => (iterations - 1) % 2;
    const last =
      perRow === undefined
        ? { slot, byteOffset: stride * isSecond(most) }
        : { slot: this.#slots.shifted(slot, (rows) => stride * isSecond(perRow * rows)), byteOffset: 0 };
    this.#buffers.set(`${place}`, { first, last, least: first, stride, alternates: true });
  }

  #assignFinal(at: number, carry: number, slot: Slot | undefined): void {
    const buffer = this.#buffers.get(`${nextPlace(this.#op.body, carry)}`);
    if (!buffer) throw new Error('internal: a carry without a buffer');
    this.#locations.set(at, slot === undefined ? buffer.last : { slot, byteOffset: 0 });
    if (slot !== undefined) this.#copies.push({ at, from: buffer.last });
  }
}
