// A loop as a step of a plan: its body is a plan in a plan, whose slots lie elsewhere in each round.

import { bytesOf, type Location, type Operand, type Slot } from '@treadle/kernels';
import type { RaggedEntries } from '../dynamic-batch/compare.ts';
import type { Place } from '../plan/places.ts';
import { assignBuffers } from '../schedule/buffer-assignment.ts';
import { behind, type Home, type LoopSlots, type PlacedLoop, type Rounds } from '../schedule/loop-buffers.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { LoopStep, Walk } from '../schedule/step.ts';
import { type CapturedBody, captureBody, nextPlace, normalized, placeKey } from '../trace/loop-body-capture.ts';
import type { Lowered } from './lower.ts';

/** What a loop's body is made into. */
export interface LoweredBody {
  readonly lowered: Lowered;
  readonly schedule: Schedule;
}

/** Gives slots around the loop, and makes steps of its body. */
export interface Around extends LoopSlots {
  record(): Slot;
  /** where so many times the rows of a run are written as a number */
  rows(times: number): Slot;
  lowerBody(body: CapturedBody): LoweredBody;
}

/** The loop as a step; the views of what carries begin with are dense. */
export function lowerLoop(
  placed: PlacedLoop,
  inputs: readonly Operand[],
  rounds: Rounds,
  around: Around,
  ragged?: RaggedEntries,
): LoopStep {
  const { op, carries, asked } = placed;
  const firstSlice = op.body.carries.length;
  const firstConst = firstSlice + op.body.slices.length;
  const seen = inputs.map(({ slot, view, narrow }, place): SeenInput => {
    const isSlice = place >= firstSlice && place < firstConst;
    const one = isSlice ? { ...view, shape: view.shape.slice(1), strides: view.strides.slice(1) } : view;
    const { view: normal, begin } = normalized(one);
    const bytes = bytesOf(narrow);
    return { slot, view: normal, narrow, begin: bytes * begin, stride: isSlice ? bytes * (view.strides[0] ?? 0) : 0 };
  });
  const views = seen.map(({ view }) => view);
  const captured = captureBody(op.body, carries, asked, views, ragged);
  const body = around.lowerBody(captured);
  const walker = new Walker(placed, seen, rounds, around, captured, body);
  const walks = walker.walks(body.lowered.places);
  const touched = (isRead: boolean): readonly Slot[] => {
    const slots = body.lowered.places.flatMap(({ kind }, slot) => {
      const { first, later } = walks.get(slot) ?? {};
      if (!first || (kind === 'source' || kind === 'rows') !== isRead) return [];
      return later ? [first.slot, later.from.slot] : [first.slot];
    });
    return [...new Set(slots)];
  };
  const { most, perRow } = rounds;
  const { phases } = body.schedule;
  return { name: `scan ${most}`, rounds: most, perRow, phases, walks, reads: touched(true), writes: touched(false) };
}

/** An input as a step sees it: the view of a slice, or of the whole, from `begin` on; both numbers are bytes. */
interface SeenInput extends Operand {
  readonly begin: number;
  /** from a slice to the next; 0 where all steps see the same */
  readonly stride: number;
}

/** Says where the slots of a body lie in each round. */
class Walker {
  readonly #placed: PlacedLoop;
  readonly #inputs: readonly SeenInput[];
  readonly #rounds: Rounds;
  readonly #around: Around;
  readonly #captured: CapturedBody;
  /** the places of the body that its outputs are, by their keys */
  readonly #outputs = new Map<number, string>();
  readonly #arena: ReadonlyMap<Slot, Walk>;
  readonly #walks = new Map<Slot, Walk>();

  constructor(
    placed: PlacedLoop,
    inputs: readonly SeenInput[],
    rounds: Rounds,
    around: Around,
    captured: CapturedBody,
    { lowered, schedule }: LoweredBody,
  ) {
    this.#placed = placed;
    this.#inputs = inputs;
    this.#rounds = rounds;
    this.#around = around;
    this.#captured = captured;
    this.#arena = layOutArena(lowered, schedule, around);
    lowered.outputOf.forEach((output, root) => {
      const place = captured.roots[root];
      if (output !== undefined && place !== undefined) this.#outputs.set(output, placeKey(place));
    });
  }

  walks(places: readonly Place[]): ReadonlyMap<Slot, Walk> {
    places.forEach((place, slot) => {
      const walk = this.#walkOf(place, slot);
      if (walk) this.#walks.set(slot, walk);
    });
    return this.#walks;
  }

  #walkOf(place: Place, slot: Slot): Walk | undefined {
    switch (place.kind) {
      case 'source':
        return this.#walkOfInput(this.#captured.inputs[place.source] ?? -1);
      case 'output': {
        const { first, stride, alternates } = this.#homeOf(this.#outputs.get(place.output) ?? '');
        return { first, later: { from: further(first, stride), stride: alternates ? -stride : stride, alternates } };
      }
      case 'record':
        return { first: { slot: this.#around.record(), byteOffset: 0 } };
      case 'rows':
        return { first: { slot: this.#around.rows(place.times), byteOffset: 0 } };
      case 'arena':
        return this.#arena.get(slot);
      case 'moved':
        return this.#moved(this.#walks.get(place.of), place);
      case 'target':
        throw new Error('internal: a body assigns nothing');
    }
  }

  #walkOfInput(place: number): Walk {
    const { op, begins } = this.#placed;
    const input = this.#inputs[place];
    if (!input) throw new Error('internal: a loop lacks an input');
    const { slot, begin, stride } = input;
    const all = { slot, byteOffset: begin };
    if (place < op.body.carries.length) {
      // where the round before has left it
      const { first, stride: step, alternates } = this.#homeOf(`${nextPlace(op.body, place)}`);
      return { first: begins.get(place) ?? all, later: { from: first, stride: step, alternates } };
    }
    if (stride === 0 || this.#rounds.most === 1) return { first: all };
    const step = op.isReversed ? -stride : stride;
    const first = op.isReversed ? behind(this.#around, this.#rounds, slot, begin - stride, stride) : all;
    return { first, later: { from: further(first, step), stride: step, alternates: false } };
  }

  #homeOf(key: string): Home {
    const home = this.#placed.homes.get(key);
    if (!home) throw new Error('internal: what a step makes has no home');
    return home;
  }

  /** A walk, by the rows of a run further on. */
  #moved(walk: Walk | undefined, { by }: Extract<Place, { kind: 'moved' }>): Walk | undefined {
    if (!walk) return undefined;
    const moved = ({ slot, byteOffset }: Location): Location => ({ slot: this.#around.moved(slot, by), byteOffset });
    const first = moved(walk.first);
    return walk.later ? { first, later: { ...walk.later, from: moved(walk.later.from) } } : { first };
  }
}

function further({ slot, byteOffset }: Location, bytes: number): Location {
  return { slot, byteOffset: byteOffset + bytes };
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
  const { offsets, bytes } = assignBuffers(needs);
  const block = around.allocate(bytes);
  return new Map(slots.map((slot, i) => [slot, { first: { slot: block, byteOffset: offsets[i] ?? 0 } }]));
}
