// Where what the steps of a loop write lies: in homes. A stack, with a place for every round, where all rounds are asked for; two
// places in turn where only the last one is. A carry begins a round where the round before has left it, so nothing is copied
// between rounds. Where a carry is asked for as it begins each round, its first value stands at one end of the stack of what it
// becomes: both are the same stack, one place apart.

import { type BodyPlace, byteLength, type LoopOp, type Part, typeAt } from '@treadle/graph';
import type { Location, Slot } from '@treadle/kernels';
import { neededCarries, nextPlace, placeKey } from '../trace/loop-body-capture.ts';

/** Gives slots around a loop. */
export interface LoopSlots {
  /** so many bytes */
  allocate(bytes: number): Slot;
  /** what lies so many bytes behind another slot, by the rows of a run */
  moved(of: Slot, by: (rows: number) => number): Slot;
}

/** How many rounds there are: always as many, or so many for each row of a run. */
export interface Rounds {
  readonly most: number;
  readonly perRow: number | undefined;
}

/** What lies `bytes` and so many times `perRound` behind a slot as there are rounds. */
export function behind(
  slots: Pick<LoopSlots, 'moved'>,
  { most, perRow }: Rounds,
  slot: Slot,
  bytes: number,
  perRound: number,
): Location {
  if (perRow === undefined) return { slot, byteOffset: bytes + perRound * most };
  return { slot: slots.moved(slot, (rows) => perRound * perRow * rows), byteOffset: bytes };
}

/** A part of a loop that is asked for; `slot` where it must lie in one of its own. */
export interface AskedPart {
  readonly at: number;
  readonly part: Part;
  readonly slot: Slot | undefined;
}

/** A part that is what a node is in all rounds. */
interface AskedStack {
  readonly at: number;
  readonly slot: Slot | undefined;
  readonly place: BodyPlace;
}

/** Where what a step makes lies in each round: the first round's place, and how far it is to the next one's. */
export interface Home {
  readonly first: Location;
  readonly last: Location;
  /** where its least address lies, at which its stack begins */
  readonly least: Location;
  readonly stride: number;
  readonly alternates: boolean;
}

/** Where the parts of a loop lie. */
export interface PlacedLoop {
  readonly op: LoopOp;
  readonly carries: readonly number[];
  /** the places of the body that have homes for all rounds */
  readonly asked: readonly BodyPlace[];
  readonly homes: ReadonlyMap<string, Home>;
  /** where each part lies, by its entry */
  readonly locations: ReadonlyMap<number, Location>;
  /** parts that lie in a slot of their own, to which they are copied when all rounds are over */
  readonly copies: readonly { readonly at: number; readonly from: Location }[];
  /** where the first values of carries are to lie before the first round, by carry */
  readonly begins: ReadonlyMap<number, Location>;
}

export function placeLoop(op: LoopOp, parts: readonly AskedPart[], rounds: Rounds, slots: LoopSlots): PlacedLoop {
  return new Placing(op, parts, rounds, slots).place();
}

class Placing {
  readonly #op: LoopOp;
  readonly #parts: readonly AskedPart[];
  readonly #rounds: Rounds;
  readonly #slots: LoopSlots;
  readonly #homes = new Map<string, Home>();
  readonly #locations = new Map<number, Location>();
  readonly #copies: { at: number; from: Location }[] = [];
  readonly #begins = new Map<number, Location>();
  readonly #asked: BodyPlace[] = [];

  constructor(op: LoopOp, parts: readonly AskedPart[], rounds: Rounds, slots: LoopSlots) {
    this.#op = op;
    this.#parts = parts;
    this.#rounds = rounds;
    this.#slots = slots;
  }

  place(): PlacedLoop {
    const { body } = this.#op;
    const stacks = this.#parts.flatMap(({ at, part, slot }) =>
      part.kind === 'stack' ? [{ at, slot, place: part.place }] : [],
    );
    for (const stack of stacks) this.#placeWithNext(stack, stacks);
    for (const stack of stacks) this.#placeStack(stack);
    const finals = this.#parts.flatMap(({ part }) => (part.kind === 'final' ? [part.carry] : []));
    const carries = neededCarries(body, this.#asked, finals);
    for (const carry of carries) this.#homeOfCarry(carry);
    for (const { at, part, slot } of this.#parts) if (part.kind === 'final') this.#placeFinal(at, part.carry, slot);
    return {
      op: this.#op,
      carries,
      asked: this.#asked,
      homes: this.#homes,
      locations: this.#locations,
      copies: this.#copies,
      begins: this.#begins,
    };
  }

  /** The stack of a carry as rounds begin, and of what it becomes, in one; unless either lies in a slot of its own. */
  #placeWithNext({ at, place }: AskedStack, stacks: readonly AskedStack[]): void {
    const { body, isReversed, length } = this.#op;
    if (typeof place !== 'number' || place >= body.carries.length) return;
    const becomes = nextPlace(body, place);
    const isOwn = (one: number): boolean => stacks.some((other) => other.slot !== undefined && other.place === one);
    if (isOwn(place) || isOwn(becomes) || this.#homes.has(`${becomes}`)) return;
    const bytes = this.#bytesOf(place);
    const slot = this.#slots.allocate(bytes * (length + 1));
    const ahead = isReversed ? 0 : bytes;
    this.#stack(becomes, { slot, byteOffset: ahead }, bytes);
    this.#locations.set(at, { slot, byteOffset: bytes - ahead });
    this.#begins.set(place, isReversed ? this.#behind(slot, 0, bytes) : { slot, byteOffset: 0 });
    this.#asked.push(becomes);
  }

  #placeStack({ at, slot, place }: AskedStack): void {
    if (this.#locations.has(at)) return;
    const known = this.#homes.get(placeKey(place));
    if (known) {
      if (slot !== undefined) this.#copies.push({ at, from: known.least });
      this.#locations.set(at, slot === undefined ? known.least : { slot, byteOffset: 0 });
      return;
    }
    const bytes = this.#bytesOf(place);
    const own = { slot: slot ?? this.#slots.allocate(bytes * this.#op.length), byteOffset: 0 };
    this.#stack(place, own, bytes);
    this.#locations.set(at, own);
    this.#asked.push(place);
  }

  #bytesOf(place: BodyPlace): number {
    const { shape, dtype } = typeAt(this.#op.body, place);
    return byteLength(dtype, shape);
  }

  #behind(slot: Slot, bytes: number, perRound: number): Location {
    return behind(this.#slots, this.#rounds, slot, bytes, perRound);
  }

  /** A home with a place for every round. */
  #stack(place: BodyPlace, least: Location, bytes: number): void {
    const { isReversed } = this.#op;
    const most = this.#behind(least.slot, least.byteOffset - bytes, bytes);
    const [first, last] = isReversed ? [most, least] : [least, most];
    const stride = isReversed ? -bytes : bytes;
    this.#homes.set(placeKey(place), { first, last, least, stride, alternates: false });
  }

  #homeOfCarry(carry: number): void {
    const place = nextPlace(this.#op.body, carry);
    if (this.#homes.has(`${place}`)) return;
    const stride = 64 * Math.ceil(this.#bytesOf(place) / 64);
    const slot = this.#slots.allocate(2 * stride);
    const first = { slot, byteOffset: 0 };
    const { most, perRow } = this.#rounds;
    const isSecond = (rounds: number): number => (rounds - 1) % 2;
    const last =
      perRow === undefined
        ? { slot, byteOffset: stride * isSecond(most) }
        : { slot: this.#slots.moved(slot, (rows) => stride * isSecond(perRow * rows)), byteOffset: 0 };
    this.#homes.set(`${place}`, { first, last, least: first, stride, alternates: true });
  }

  #placeFinal(at: number, carry: number, slot: Slot | undefined): void {
    const home = this.#homes.get(`${nextPlace(this.#op.body, carry)}`);
    if (!home) throw new Error('internal: a carry has a home');
    this.#locations.set(at, slot === undefined ? home.last : { slot, byteOffset: 0 });
    if (slot !== undefined) this.#copies.push({ at, from: home.last });
  }
}
