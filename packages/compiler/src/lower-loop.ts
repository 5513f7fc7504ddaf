// A loop as a step of a plan: its body is a plan in a plan, whose slots lie elsewhere in each round.

import { denseView } from '@treadle/graph';
import type { Location, Slot, View } from '@treadle/kernels';
import { layoutArena } from './arena.ts';
import { type CapturedBody, captureBody, nextPlace, normalized, placeKey } from './body-capture.ts';
import type { Lowered } from './lower.ts';
import { behind, type LoopSlots, type PlacedLoop, type Rounds } from './place-loop.ts';
import type { Place } from './places.ts';
import type { RaggedEntries } from './ragged.ts';
import type { Schedule } from './schedule.ts';
import type { LoopStep, Walk } from './step.ts';

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
export interface Around extends LoopSlots {
  record(): Slot;
  /** where so many times the rows of a run are written as a number */
  rows(times: number): Slot;
  lowerBody(body: CapturedBody): LoweredBody;
}

/** The loop as a step; the views of what carries begin with are dense. */
export function lowerLoop(
  { op, carries, asked, homes, begins }: PlacedLoop,
  inputs: readonly LoopInput[],
  rounds: Rounds,
  around: Around,
  ragged?: RaggedEntries,
): LoopStep {
  const { body, isReversed } = op;
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
    if (place >= firstConst || stride === 0 || rounds.most === 1) return { first: at(0) };
    const bytes = 4 * (isReversed ? -stride : stride);
    const first = isReversed ? behind(around, rounds, input.slot, 4 * begin + bytes, -bytes) : at(0);
    return { first, later: { from: further(first, bytes), stride: bytes, alternates: false } };
  };
  const walkOfHome = (key: string): Walk => {
    const home = homes.get(key);
    if (!home) throw new Error('internal: what a step makes has no home');
    const { first, stride, alternates } = home;
    return { first, later: { from: further(first, stride), stride: alternates ? -stride : stride, alternates } };
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
      case 'moved':
        return movedWalk(place);
      case 'target':
        throw new Error('internal: a body assigns nothing');
    }
  }
  function movedWalk({ of, by }: Extract<Place, { kind: 'moved' }>): Walk | undefined {
    const walk = walks.get(of);
    if (!walk) return undefined;
    const moved = ({ slot, byteOffset }: Location): Location => ({ slot: around.moved(slot, by), byteOffset });
    const first = moved(walk.first);
    return walk.later ? { first, later: { ...walk.later, from: moved(walk.later.from) } } : { first };
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
    name: `scan ${rounds.most}`,
    rounds: rounds.most,
    perRow: rounds.perRow,
    phases: schedule.phases,
    walks,
    reads: [...reads],
    writes: [...writes],
  };
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
  const { offsets, bytes } = layoutArena(needs);
  const block = around.allocate(bytes);
  return new Map(slots.map((slot, i) => [slot, { first: { slot: block, byteOffset: offsets[i] ?? 0 } }]));
}

/** Whether nothing stands between the elements of a view, as a carry's first value must lie. */
export function isWhole({ shape, strides }: View): boolean {
  const dense = denseView(shape);
  return shape.every((extent, d) => extent === 1 || strides[d] === dense.strides[d]);
}
