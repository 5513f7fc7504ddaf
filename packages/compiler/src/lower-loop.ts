// A loop as a step of a plan. What its steps write lies in homes: a stack, with a place for every round, where all rounds are
// asked for; two places in turn where only the last one is. A carry begins a round where the round before has left it, so
// nothing is copied between rounds. Where a carry is asked for as it begins each round, its first value stands at one end of the
// stack of what it becomes: both are the same stack, one place apart.

import { type BodyPlace, denseView, type LoopOp, type Part, sizeOf, typeAt } from '@treadle/graph';
import type { Location, Slot, View } from '@treadle/kernels';
import { layoutArena } from './arena.ts';
import { type CapturedBody, captureBody, neededCarries, nextPlace, normalized, placeKey } from './body-capture.ts';
import type { Lowered, Place } from './lower.ts';
import type { RaggedEntries } from './ragged.ts';
import type { Schedule } from './schedule.ts';
import type { LoopStep, Walk } from './step.ts';

/** A part of a loop that is asked for; `slot` where it must lie in one of its own. */
export interface AskedPart {
  readonly at: number;
  readonly part: Part;
  readonly slot: Slot | undefined;
}

/** Where what a step makes lies in each round: the first round's place, and how far it is to the next one's. */
interface Home {
  readonly first: Location;
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

/** `allocate` gives a slot of so many bytes. */
export function placeLoop(op: LoopOp, parts: readonly AskedPart[], allocate: (bytes: number) => Slot): PlacedLoop {
  return new Placing(op, parts, allocate).place();
}

class Placing {
  readonly #op: LoopOp;
  readonly #parts: readonly AskedPart[];
  readonly #allocate: (bytes: number) => Slot;
  readonly #homes = new Map<string, Home>();
  readonly #locations = new Map<number, Location>();
  readonly #copies: { at: number; from: Location }[] = [];
  readonly #begins = new Map<number, Location>();

  constructor(op: LoopOp, parts: readonly AskedPart[], allocate: (bytes: number) => Slot) {
    this.#op = op;
    this.#parts = parts;
    this.#allocate = allocate;
  }

  place(): PlacedLoop {
    const { body } = this.#op;
    const stacks = this.#parts.flatMap(({ at, part, slot }) =>
      part.kind === 'stack' ? [{ at, slot, place: part.place }] : [],
    );
    const finals = this.#parts.flatMap(({ part }) => (part.kind === 'final' ? [part.carry] : []));
    const isOwn = (place: BodyPlace): boolean =>
      stacks.some((other) => other.slot !== undefined && placeKey(other.place) === placeKey(place));
    const asked: BodyPlace[] = [];
    for (const { at, place } of stacks) {
      if (typeof place !== 'number' || place >= body.carries.length) continue;
      // the stack of a carry as rounds begin, and of what it becomes, in one
      const becomes = nextPlace(body, place);
      if (isOwn(place) || isOwn(becomes) || this.#homes.has(`${becomes}`)) continue;
      const bytes = this.#bytesOf(place);
      const slot = this.#allocate(bytes * (this.#op.length + 1));
      const ahead = this.#op.isReversed ? 0 : bytes;
      this.#stack(becomes, { slot, byteOffset: ahead }, bytes);
      this.#locations.set(at, { slot, byteOffset: bytes - ahead });
      this.#begins.set(place, { slot, byteOffset: this.#op.isReversed ? this.#op.length * bytes : 0 });
      asked.push(becomes);
    }
    for (const { at, slot, place } of stacks) {
      if (this.#locations.has(at)) continue;
      const bytes = this.#bytesOf(place);
      const known = this.#homes.get(placeKey(place));
      if (known && slot === undefined) {
        this.#locations.set(at, this.#leastOf(known));
      } else if (known && slot !== undefined) {
        this.#copies.push({ at, from: this.#leastOf(known) });
        this.#locations.set(at, { slot, byteOffset: 0 });
      } else {
        const own = { slot: slot ?? this.#allocate(bytes * this.#op.length), byteOffset: 0 };
        this.#stack(place, own, bytes);
        this.#locations.set(at, own);
        asked.push(place);
      }
    }
    const carries = neededCarries(body, asked, finals);
    for (const carry of carries) this.#homeOfCarry(carry);
    for (const { at, part, slot } of this.#parts) if (part.kind === 'final') this.#placeFinal(at, part.carry, slot);
    return {
      op: this.#op,
      carries,
      asked,
      homes: this.#homes,
      locations: this.#locations,
      copies: this.#copies,
      begins: this.#begins,
    };
  }

  #bytesOf(place: BodyPlace): number {
    return 4 * sizeOf(typeAt(this.#op.body, place).shape);
  }

  /** A home with a place for every round. */
  #stack(place: BodyPlace, { slot, byteOffset }: Location, bytes: number): void {
    const { isReversed, length } = this.#op;
    const first = { slot, byteOffset: byteOffset + (isReversed ? (length - 1) * bytes : 0) };
    this.#homes.set(placeKey(place), { first, stride: isReversed ? -bytes : bytes, alternates: false });
  }

  /** Where the stack of a home begins. */
  #leastOf({ first: { slot, byteOffset }, stride }: Home): Location {
    return { slot, byteOffset: byteOffset + Math.min(0, stride * (this.#op.length - 1)) };
  }

  #homeOfCarry(carry: number): void {
    const place = nextPlace(this.#op.body, carry);
    if (this.#homes.has(`${place}`)) return;
    const bytes = 64 * Math.ceil(this.#bytesOf(place) / 64);
    const first = { slot: this.#allocate(2 * bytes), byteOffset: 0 };
    this.#homes.set(`${place}`, { first, stride: bytes, alternates: true });
  }

  #placeFinal(at: number, carry: number, slot: Slot | undefined): void {
    const home = this.#homes.get(`${nextPlace(this.#op.body, carry)}`);
    if (!home) throw new Error('internal: a carry has a home');
    const last = this.#op.length - 1;
    const rounds = home.alternates ? last % 2 : last;
    const from = { slot: home.first.slot, byteOffset: home.first.byteOffset + rounds * home.stride };
    if (slot === undefined) this.#locations.set(at, from);
    else {
      this.#locations.set(at, { slot, byteOffset: 0 });
      this.#copies.push({ at, from });
    }
  }
}

/** An input of a loop where it lies. */
export interface LoopInput {
  readonly slot: Slot;
  readonly view: View;
}

/** What a loop's body is made into. */
export interface LoweredBody {
  readonly lowered: Lowered;
  readonly schedule: Schedule;
}

/** Gives slots around the loop, and makes steps of its body. */
export interface Around {
  allocate(bytes: number): Slot;
  record(): Slot;
  /** where so many times the rows of a run are written as a number */
  rows(times: number): Slot;
  lowerBody(body: CapturedBody): LoweredBody;
}

/** The loop as a step; the views of what carries begin with are dense. */
export function lowerLoop(
  { op, carries, asked, homes, begins }: PlacedLoop,
  inputs: readonly LoopInput[],
  around: Around,
  ragged?: RaggedEntries,
): LoopStep {
  const { body, length, isReversed } = op;
  const firstSlice = body.carries.length;
  const firstConst = firstSlice + body.slices.length;
  const seen = inputs.map(({ view }, i) => {
    const isSlice = i >= firstSlice && i < firstConst;
    return normalized(isSlice ? { ...view, shape: view.shape.slice(1), strides: view.strides.slice(1) } : view);
  });
  const captured = captureBody(
    body,
    carries,
    asked,
    seen.map(({ view }) => view),
    ragged,
  );
  const { lowered, schedule } = around.lowerBody(captured);
  const walkOfInput = (place: number): Walk => {
    const input = inputs[place];
    const { begin = 0 } = seen[place] ?? {};
    if (!input) throw new Error('internal: a loop lacks an input');
    const at = (elements: number): Location => ({ slot: input.slot, byteOffset: 4 * (begin + elements) });
    if (place < firstSlice) {
      const home = homes.get(`${nextPlace(body, place)}`);
      if (!home) throw new Error('internal: a carry has a home');
      const { first, stride, alternates } = home;
      return { first: begins.get(place) ?? at(0), later: { from: first, stride, alternates } };
    }
    const stride = input.view.strides[0] ?? 0;
    if (place >= firstConst || stride === 0 || length === 1) return { first: at(0) };
    const first = isReversed ? (length - 1) * stride : 0;
    const step = isReversed ? -stride : stride;
    return { first: at(first), later: { from: at(first + step), stride: 4 * step, alternates: false } };
  };
  const walkOfHome = (key: string): Walk => {
    const home = homes.get(key);
    if (!home) throw new Error('internal: what a step makes has no home');
    const { first, stride, alternates } = home;
    const from = { slot: first.slot, byteOffset: first.byteOffset + stride };
    return { first, later: { from, stride: alternates ? -stride : stride, alternates } };
  };
  const roots = new Map<number, string>();
  lowered.outputOf.forEach((output, root) => {
    const place = captured.roots[root];
    if (output !== undefined && place !== undefined) roots.set(output, placeKey(place));
  });
  const arena = layOutArena(lowered, schedule, around);
  const walks = new Map<Slot, Walk>();
  lowered.places.forEach((place, slot) => {
    const walk = walkOf(place, slot);
    if (walk) walks.set(slot, walk);
  });
  function walkOf(place: Place, slot: Slot): Walk | undefined {
    switch (place.kind) {
      case 'source':
        return walkOfInput(captured.inputs[place.source] ?? -1);
      case 'output':
        return walkOfHome(roots.get(place.output) ?? '');
      case 'record':
        return { first: { slot: around.record(), byteOffset: 0 } };
      case 'rows':
        return { first: { slot: around.rows(place.times), byteOffset: 0 } };
      case 'arena':
        return arena.get(slot);
      case 'target':
        throw new Error('internal: a body assigns nothing');
    }
  }
  const reads = new Set<Slot>();
  const writes = new Set<Slot>();
  lowered.places.forEach((place, slot) => {
    const walk = walks.get(slot);
    if (!walk) return;
    const all = place.kind === 'source' || place.kind === 'rows' ? reads : writes;
    all.add(walk.first.slot);
    if (walk.later) all.add(walk.later.from.slot);
  });
  return {
    name: `scan ${length}`,
    rounds: length,
    phases: schedule.phases,
    walks,
    reads: [...reads],
    writes: [...writes],
  };
}

/** Where intermediates of a body lie, in one slot around it. */
function layOutArena({ places }: Lowered, { lifetimes }: Schedule, around: Around): ReadonlyMap<Slot, Walk> {
  const slots: Slot[] = [];
  const needs: { bytes: number; first: number; last: number }[] = [];
  places.forEach((place, slot) => {
    const touched = lifetimes.get(slot);
    if (place.kind !== 'arena' || !touched) return;
    slots.push(slot);
    needs.push({ bytes: place.bytes, ...touched });
  });
  if (slots.length === 0) return new Map();
  const { offsets, bytes } = layoutArena(needs);
  const block = around.allocate(bytes);
  return new Map(slots.map((slot, i) => [slot, { first: { slot: block, byteOffset: offsets[i] ?? 0 } }]));
}

/** Whether nothing stands between the elements of a view, as a carry's first value must lie. */
export function isWhole({ shape, strides }: View): boolean {
  const dense = denseView(shape);
  return shape.every((extent, d) => extent === 1 || strides[d] === dense.strides[d]);
}
