// Lowering: groups become kernels, and loops of kernels. Slots are given out here: one for each source, stored entry and temporary buffer. What a
// slot stands for at run time (a tensor's block, a number, a piece of the arena) is said beside it, for the plan to bind.

import {
  byteLength,
  denseView,
  dtypes,
  isDense,
  type LoopOp,
  laneOf,
  type Node,
  type VariableState,
} from '@treadle/graph';
import { type Kernel, type Level, type Location, lanes, type Slot, type View, Window } from '@treadle/kernels';
import type { Ragged } from '../dynamic-batch/compare.ts';
import { RowsOfRun } from '../dynamic-batch/valid-rows.ts';
import type { Group } from '../fuse/group.ts';
import type { GroupGraph } from '../fuse/group-graph.ts';
import { storedOperand } from '../fuse/lane-expression.ts';
import { makeGroups } from '../fuse/make-groups.ts';
import { fuse } from '../fuse/materialize.ts';
import type { Output, Place } from '../plan/places.ts';
import { type LoopSlots, type PlacedLoop, placeLoop, type Rounds } from '../schedule/loop-buffers.ts';
import { schedule } from '../schedule/schedule.ts';
import type { Step } from '../schedule/step.ts';
import type { Capture } from '../trace/capture.ts';
import type { CapturedBody } from '../trace/loop-body-capture.ts';
import { Patterns } from './kernel-patterns.ts';
import { behindBegin } from './located.ts';
import { describeGroup, type Layout, type Rooms } from './lower-group.ts';
import { lowerLoop } from './lower-loop.ts';

export interface Lowered {
  readonly steps: readonly Step[];
  /** what each slot stands for */
  readonly places: readonly Place[];
  readonly outputs: readonly Output[];
  /** for each root: its output, or undefined for one that assigns a variable */
  readonly outputOf: readonly (number | undefined)[];
}

/** With `ragged`, kernels that combine over rows leave out those that a run does not have. */
export function lower(capture: Capture, groups: GroupGraph, level: Level, ragged?: Ragged): Lowered {
  return new Lowerer(capture, groups, level, ragged).run();
}

class Lowerer {
  readonly #capture: Capture;
  readonly #groups: GroupGraph;
  readonly #roots: ReadonlySet<number>;
  readonly #level: Level;
  readonly #ragged: Ragged | undefined;
  readonly #places: Place[] = [];
  /** where entries lie */
  readonly #locations = new Map<number, Location>();
  readonly #loops = new Map<Group, PlacedLoop>();
  readonly #variables = new Map<VariableState, Slot>();
  readonly #steps: Step[] = [];
  readonly #patterns: Patterns;
  readonly #rows: RowsOfRun;
  readonly #outputs: Output[] = [];

  readonly #loopSlots: LoopSlots = {
    allocate: (bytes) => this.#newSlot({ kind: 'arena', bytes }),
    moved: (of, by) => this.#newSlot({ kind: 'moved', of, by }),
  };

  constructor(capture: Capture, groups: GroupGraph, level: Level, ragged: Ragged | undefined) {
    this.#capture = capture;
    this.#groups = groups;
    this.#roots = new Set(capture.roots.map(({ at }) => at));
    this.#level = level;
    this.#ragged = ragged;
    this.#patterns = new Patterns(level);
    this.#rows = new RowsOfRun(capture, ragged, (times) => this.#newSlot({ kind: 'rows', times }));
  }

  run(): Lowered {
    const { sources, roots } = this.#capture;
    sources.forEach((at, source) => {
      const slot = this.#newSlot({ kind: 'source', source, dtype: this.#node(at).dtype });
      this.#locations.set(at, whole(slot));
      const from = this.#node(at).source;
      if (from?.kind === 'variable') this.#variables.set(from.state, slot);
    });
    roots.forEach(({ target }, root) => {
      if (target && !this.#variables.has(target)) this.#variables.set(target, this.#newSlot({ kind: 'target', root }));
    });
    const outputOf = this.#placeOutputs();
    const order = this.#groups.inOrder();
    for (const group of order) this.#placeGroup(group);
    const aside = this.#setVariablesAside();
    for (const group of order) this.#lowerGroup(group);
    this.#copyToVariables(aside);
    const steps = this.#withBases(this.#afterRefusals(this.#steps));
    return { steps, places: this.#places, outputs: this.#outputs, outputOf };
  }

  /** What writes a variable reads all records: where something is refused, no variable changes. */
  #afterRefusals(steps: readonly Step[]): readonly Step[] {
    const records = this.#places.flatMap(({ kind }, slot) => (kind === 'record' ? [slot] : []));
    if (records.length === 0) return steps;
    const variables = new Set(this.#variables.values());
    return steps.map((step) =>
      step.writes.some((slot) => variables.has(slot)) ? { ...step, reads: [...step.reads, ...records] } : step,
    );
  }

  /** Who touches what lies behind a slot touches that slot. */
  #withBases(steps: readonly Step[]): readonly Step[] {
    const bases = new Map<Slot, Slot>();
    this.#places.forEach((place, slot) => {
      if (place.kind === 'moved') bases.set(slot, bases.get(place.of) ?? place.of);
    });
    if (bases.size === 0) return steps;
    const resolved = (slots: readonly Slot[]): readonly Slot[] => [...new Set(slots.map((at) => bases.get(at) ?? at))];
    return steps.map((step) => ({ ...step, reads: resolved(step.reads), writes: resolved(step.writes) }));
  }

  #placeOutputs(): readonly (number | undefined)[] {
    const outputOf = new Map<number, number>();
    return this.#capture.roots.map(({ at, target }) => {
      if (target) return undefined;
      const known = outputOf.get(at);
      if (known !== undefined) return known;
      const { shape, dtype } = this.#node(at);
      const output = this.#outputs.push({ shape, dtype, raggedAxis: this.#ragged?.axes[at] }) - 1;
      outputOf.set(at, output);
      const slot = this.#newSlot({ kind: 'output', output });
      // A source that is asked for as it is has a slot already, which is what others read; it is copied.
      const own = this.#locations.get(at);
      const reshaped = this.#reshapedBy(at);
      if (own) this.#copy(own, whole(slot), at);
      else this.#locations.set(at, whole(slot));
      const isFree = reshaped !== undefined && !this.#locations.has(reshaped) && !this.#roots.has(reshaped);
      if (isFree && !own) this.#locations.set(reshaped, whole(slot));
      return output;
    });
  }

  /** What a kernel makes and entry `at` only gives another shape, so that one place does for both. */
  #reshapedBy(at: number): number | undefined {
    if (this.#groups.get(at)?.rows) return undefined;
    for (let from = at; ; ) {
      const { op, source } = this.#node(from);
      if (source || op?.kind !== 'move' || !op.keepsOrder) return undefined;
      from = this.#input(from, 0);
      if (this.#groups.makerOf(from)) return from;
    }
  }

  /** Says where the group's result goes; a product that only its own epilogue reads shares the place of the result. */
  #placeGroup(group: Group): void {
    const { op } = this.#node(group.at);
    if (op?.kind === 'loop') return this.#placeLoop(group, op);
    for (const member of group.members) {
      if (this.#locations.has(member) || (group.rows && !this.#isReadOutside(group, member))) continue;
      const target = group.targets.get(member);
      const inPlace = target && this.#variables.get(target);
      this.#locations.set(member, whole(inPlace ?? this.#arenaSlot(this.#node(member))));
    }
    const { product } = group;
    if (product === undefined || this.#locations.has(product)) return;
    const [made, result] = [this.#node(product), this.#node(group.at)];
    const isApart = this.#isReadByOthers(group, product) || dtypes[made.dtype].narrow !== dtypes[result.dtype].narrow;
    const location = isApart ? whole(this.#arenaSlot(made)) : this.#locations.get(group.at);
    if (location) this.#locations.set(product, location);
  }

  /** How many rounds a loop has. */
  #roundsOf(at: number, { length }: LoopOp): Rounds {
    const isRagged = this.#ragged?.bodies.get(at)?.countsRows;
    return { most: length, perRow: isRagged ? length / (this.#ragged?.rows ?? 1) : undefined };
  }

  #placeLoop(group: Group, op: LoopOp): void {
    const parts = group.members.flatMap((at) => {
      const { op: part } = this.#node(at);
      return part?.kind === 'part' ? [{ at, part: part.part, slot: this.#locations.get(at)?.slot }] : [];
    });
    const placed = placeLoop(op, parts, this.#roundsOf(group.at, op), this.#loopSlots);
    for (const [at, location] of placed.locations) this.#locations.set(at, location);
    this.#loops.set(group, placed);
  }

  /** Whether others need a value that the group makes. */
  #isReadOutside(group: Group, member: number): boolean {
    return this.#roots.has(member) || this.#isReadByOthers(group, member);
  }

  #isReadByOthers(group: Group, entry: number): boolean {
    for (const reader of this.#groups.readersOf(entry)) if (reader !== group.at) return true;
    return false;
  }

  #lowerGroup(group: Group): void {
    const { at } = group;
    const loop = this.#loops.get(group);
    if (loop) return this.#lowerLoop(loop, at);
    const reshaped = this.#reshapedBy(at);
    const isThere = reshaped !== undefined && this.#locations.get(reshaped)?.slot === this.#locations.get(at)?.slot;
    if (isThere) return;
    const layout: Layout = {
      capture: this.#capture,
      level: this.#level,
      locationOf: (entry) => this.#locations.get(entry),
      presentRows: (members) => this.#rows.present(members),
      combined: (entry) => this.#rows.combined(entry),
    };
    const { key, window, make } = describeGroup(layout, group);
    this.#place(key, window.locations, make);
    this.#copyRepeated(group);
  }

  /** The same result of an op of several, asked for as values of their own: the kernel writes the first. */
  #copyRepeated({ members }: Group): void {
    const first = new Map<string, number>();
    for (const member of members) {
      const { op } = this.#node(member);
      if (op?.kind !== 'part') continue;
      const same = first.get(op.key);
      if (same === undefined) first.set(op.key, member);
      else this.#copy(this.#location(same), this.#location(member), member);
    }
  }

  /** A loop, before it what carries begin with where that is to lie elsewhere, and behind it the parts that are to. */
  #lowerLoop(placed: PlacedLoop, at: number): void {
    const { entries } = this.#capture;
    const stored = { entries, slotOf: (entry: number) => (this.#locations.has(entry) ? entry : undefined) };
    const inputs = (entries[at]?.inputs ?? []).map((entry, i) => {
      const operand = storedOperand(stored, entry);
      const { slot, byteOffset } = this.#location(operand.slot);
      const lying = behindBegin({ ...operand, slot }, byteOffset);
      const begin = placed.begins.get(i);
      if (!begin && (i >= placed.op.body.carries.length || isDense(lying.view))) return lying;
      const to = begin ?? whole(this.#arenaSlot(this.#node(entry)));
      this.#copy(whole(slot), to, entry, lying.view);
      return behindBegin({ ...lying, slot: to.slot, view: denseView(lying.view.shape) }, to.byteOffset);
    });
    const around = {
      ...this.#loopSlots,
      record: () => this.#newSlot({ kind: 'record' }),
      rows: (times: number) => this.#rows.slot(times),
      lowerBody: ({ capture, ragged: entries }: CapturedBody) => {
        const ragged = this.#ragged && entries && { ...this.#ragged, ...entries };
        const lowered = lower(capture, makeGroups(capture, fuse(capture), ragged), this.#level, ragged);
        return { lowered, schedule: schedule(lowered.steps) };
      },
    };
    const rounds = this.#roundsOf(at, placed.op);
    this.#steps.push(lowerLoop(placed, inputs, rounds, around, this.#ragged?.bodies.get(at)));
    for (const { at: part, from } of placed.copies) this.#copy(from, this.#location(part), part);
  }

  /** The kernels that are known by the key, or are made now, at the locations of this group. */
  #place(key: string, locations: readonly Location[], make: (rooms: Rooms) => readonly Kernel[]): void {
    const slots = { newSlot: (place: Place) => this.#newSlot(place), lasts: (slot: Slot) => this.#lasts(slot) };
    this.#steps.push(...this.#patterns.kernels(key, locations, make, slots));
  }

  /** Whether a slot holds the same values whenever it is read: variables are written in place. */
  #lasts(slot: Slot): boolean {
    const place = this.#places[slot];
    if (place?.kind !== 'source') return place?.kind === 'arena' || place?.kind === 'output';
    return this.#node(this.#capture.sources[place.source] ?? -1).source?.kind !== 'variable';
  }

  /** Variables that become the value of others: the value they have now is set aside, for they may be written themselves. */
  #setVariablesAside(): ReadonlyMap<number, Slot> {
    const aside = new Map<number, Slot>();
    for (const { at, target } of this.#capture.roots) {
      if (!target || this.#node(at).source?.kind !== 'variable' || aside.has(at)) continue;
      const slot = this.#arenaSlot(this.#node(at));
      this.#copy(this.#location(at), whole(slot), at);
      aside.set(at, slot);
    }
    return aside;
  }

  /** The assignments that could not be made in place: their value is copied when everything else is done. */
  #copyToVariables(aside: ReadonlyMap<number, Slot>): void {
    const written = new Set([...this.#groups.values()].flatMap(({ targets }) => [...targets.values()]));
    for (const { at, target } of this.#capture.roots) {
      if (!target || written.has(target)) continue;
      const slot = this.#variables.get(target);
      if (slot === undefined) continue;
      const set = aside.get(at);
      this.#copy(set === undefined ? this.#location(at) : whole(set), whole(slot), at);
    }
  }

  /** Copies a value that has the shape of entry `at`; `view`: how it lies there, if it does not lie dense. */
  #copy(from: Location, to: Location, at: number, view?: View): void {
    const { shape, dtype } = this.#node(at);
    const dense = denseView(shape);
    const window = new Window();
    const { narrow } = dtypes[dtype];
    const operandAt = ({ slot, byteOffset }: Location, seen: View) =>
      window.operand(behindBegin({ slot, view: seen, narrow }, byteOffset));
    const load = operandAt(from, view ?? dense);
    const store = operandAt(to, dense);
    const loads = [{ operand: load, type: laneOf(dtype) }];
    this.#place(`copy [${shape}]${dtype} ${view?.strides ?? ''}`, window.locations, () => [
      lanes({ name: 'copy', key: 'copy', shape, loads, body: (_, v) => v, cost: 0.1, stores: [store] }),
    ]);
  }

  #node(at: number): Node {
    const entry = this.#capture.entries[at];
    if (!entry) throw new Error('internal: no such entry');
    return entry.node;
  }

  #input(at: number, i: number): number {
    return this.#capture.entries[at]?.inputs[i] ?? -1;
  }

  #location(at: number): Location {
    const location = this.#locations.get(at);
    if (!location) throw new Error('internal: an entry that lies nowhere is read');
    return location;
  }

  #arenaSlot({ shape, dtype }: Node): Slot {
    return this.#newSlot({ kind: 'arena', bytes: byteLength(dtype, shape) });
  }

  #newSlot(place: Place): Slot {
    return this.#places.push(place) - 1;
  }
}

/** The begin of a slot. */
function whole(slot: Slot): Location {
  return { slot, byteOffset: 0 };
}
