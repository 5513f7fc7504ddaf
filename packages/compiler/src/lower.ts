// Lowering: groups become kernels. Slots are given out here: one for each source, stored entry and temporary buffer. What a
// slot stands for at run time (a tensor's block, a number, a piece of the arena) is said beside it, for the plan to bind.

import { type Dtype, denseView, type Node, type Shape, sizeOf, type VariableState } from '@treadle/graph';
import {
  type Kernel,
  type Level,
  type Location,
  lanes,
  overWindow,
  type Present,
  type Slot,
  Window,
} from '@treadle/kernels';
import type { Capture } from './capture.ts';
import type { Group } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { describeGroup, type Layout, type Rooms } from './lower-group.ts';
import type { Ragged } from './ragged.ts';

/** What the address of a slot is at run time. */
export type Place =
  /** the value of the i-th source of the capture */
  | { readonly kind: 'source'; readonly source: number; readonly dtype: Dtype }
  /** the i-th output of a run */
  | { readonly kind: 'output'; readonly output: number; readonly shape: Shape }
  /** a number: so many times the rows of a run */
  | { readonly kind: 'rows'; readonly times: number }
  /** a variable, by the root that assigns it */
  | { readonly kind: 'target'; readonly root: number }
  /** where a kernel says what it refuses */
  | { readonly kind: 'record' }
  | { readonly kind: 'arena'; readonly bytes: number };

export interface Output {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** whether it has as many elements as a run has rows, or a multiple of that */
  readonly isRagged: boolean;
}

export interface Lowered {
  readonly kernels: readonly Kernel[];
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

/** The kernels of a group over the positions of its window, and how many elements its temporary buffers have. */
interface Pattern {
  readonly kernels: readonly Kernel[];
  readonly temporaries: readonly Place[];
}

class Lowerer {
  readonly #capture: Capture;
  readonly #groups: GroupGraph;
  readonly #roots: ReadonlySet<number>;
  /** the slots of numbers of rows, by how many times those of a run they are */
  readonly #rowsSlots = new Map<number, Slot>();
  readonly #level: Level;
  readonly #ragged: Ragged | undefined;
  readonly #places: Place[] = [];
  readonly #slots = new Map<number, Slot>();
  readonly #variables = new Map<VariableState, Slot>();
  readonly #kernels: Kernel[] = [];
  readonly #patterns = new Map<string, Pattern>();
  readonly #outputs: Output[] = [];

  constructor(capture: Capture, groups: GroupGraph, level: Level, ragged: Ragged | undefined) {
    this.#capture = capture;
    this.#groups = groups;
    this.#roots = new Set(capture.roots.map(({ at }) => at));
    this.#level = level;
    this.#ragged = ragged;
  }

  run(): Lowered {
    const { sources, roots } = this.#capture;
    sources.forEach((at, source) => {
      const slot = this.#newSlot({ kind: 'source', source, dtype: this.#node(at).dtype });
      this.#slots.set(at, slot);
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
    return { kernels: this.#afterRefusals(), places: this.#places, outputs: this.#outputs, outputOf };
  }

  /** What writes a variable reads all records: where something is refused, no variable changes. */
  #afterRefusals(): readonly Kernel[] {
    const records = this.#kernels.flatMap(({ refusal }) => refusal?.slot ?? []);
    if (records.length === 0) return this.#kernels;
    const variables = new Set(this.#variables.values());
    return this.#kernels.map((kernel) =>
      kernel.writes.some((slot) => variables.has(slot)) ? { ...kernel, reads: [...kernel.reads, ...records] } : kernel,
    );
  }

  #placeOutputs(): readonly (number | undefined)[] {
    const outputOf = new Map<number, number>();
    return this.#capture.roots.map(({ at, target }) => {
      if (target) return undefined;
      const known = outputOf.get(at);
      if (known !== undefined) return known;
      const { shape, dtype } = this.#node(at);
      const output = this.#outputs.push({ shape, dtype, isRagged: this.#ragged?.axes[at] !== undefined }) - 1;
      outputOf.set(at, output);
      const slot = this.#newSlot({ kind: 'output', output, shape });
      // A source that is asked for as it is has a slot already, which is what others read; it is copied.
      const own = this.#slots.get(at);
      const whole = this.#reshapedBy(at);
      if (own !== undefined) this.#copy(own, slot, at);
      else this.#slots.set(at, slot);
      const isFree = whole !== undefined && !this.#slots.has(whole) && !this.#roots.has(whole);
      if (isFree && own === undefined) this.#slots.set(whole, slot);
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
    for (const member of group.members) {
      if (this.#slots.has(member) || (group.rows && !this.#isReadOutside(group, member))) continue;
      const target = group.targets.get(member);
      const inPlace = target && this.#variables.get(target);
      this.#slots.set(member, inPlace ?? this.#arenaSlot(sizeOf(this.#node(member).shape)));
    }
    const { product } = group;
    if (product === undefined || this.#slots.has(product)) return;
    const slot = this.#isReadByOthers(group, product)
      ? this.#arenaSlot(sizeOf(this.#node(product).shape))
      : this.#slots.get(group.at);
    if (slot !== undefined) this.#slots.set(product, slot);
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
    const reshaped = this.#reshapedBy(at);
    if (reshaped !== undefined && this.#slots.get(reshaped) === this.#slots.get(at)) return;
    const layout: Layout = {
      capture: this.#capture,
      level: this.#level,
      slotOf: (entry) => this.#slots.get(entry),
      presentRows: (members) => this.#presentRows(members),
      combined: (entry) => this.#combined(entry),
    };
    const { key, window, make } = describeGroup(layout, group);
    this.#place(key, window.locations, make);
  }

  /** The kernels that are known by the key, or are made now, at the locations of this group. */
  #place(key: string, locations: readonly Location[], make: (rooms: Rooms) => readonly Kernel[]): void {
    let pattern = this.#patterns.get(key);
    if (!pattern) {
      const temporaries: Place[] = [];
      const room = (place: Place): Slot => locations.length + temporaries.push(place) - 1;
      const kernels = make({
        allocate: (length) => room({ kind: 'arena', bytes: 4 * length }),
        record: () => room({ kind: 'record' }),
      });
      pattern = { kernels, temporaries };
      this.#patterns.set(key, pattern);
    }
    const temporaries = pattern.temporaries.map((place) => ({ slot: this.#newSlot(place), byteOffset: 0 }));
    const window = [...locations, ...temporaries];
    pattern.kernels.forEach((kernel, i) => {
      const { codeKey = `${this.#level.bits} ${this.#level.fma} ${i} ${key}` } = kernel;
      this.#kernels.push(overWindow(kernel, window, codeKey));
    });
  }

  /** Where it is written how many elements there are of what an entry combines, if rows lie along it. */
  #combined(at: number): Slot | undefined {
    const { ragged, input } = this.#raggedInput(at);
    if (!ragged || input === undefined) return undefined;
    const [from, to] = [this.#node(input).shape, this.#node(at).shape];
    const isReduced = this.#node(at).op?.kind === 'reduce';
    const elements = isReduced ? sizeOf(from.slice(to.length)) : (from[ragged.axes[input] ?? 0] ?? 0);
    return this.#rowsSlot(elements / ragged.rows);
  }

  /** An input with rows of an entry without. */
  #raggedInput(at: number): { ragged?: Ragged; input?: number | undefined } {
    const ragged = this.#ragged;
    if (!ragged || ragged.axes[at] !== undefined) return {};
    return { ragged, input: this.#capture.entries[at]?.inputs.find((i) => ragged.axes[i] !== undefined) };
  }

  /** What there is of the rows of some entries, where all have them along their leading axis. */
  #presentRows(members: readonly number[]): Present | undefined {
    const ragged = this.#ragged;
    if (!ragged) return undefined;
    const isLeading = members.every((at) => {
      const axis = ragged.axes[at];
      return axis !== undefined && sizeOf(this.#node(at).shape.slice(0, axis)) === 1;
    });
    return isLeading ? { slot: this.#rowsSlot(1), of: ragged.rows } : undefined;
  }

  /** Where so many times the rows of a run are written as a number. */
  #rowsSlot(times: number): Slot {
    const known = this.#rowsSlots.get(times);
    if (known !== undefined) return known;
    const slot = this.#newSlot({ kind: 'rows', times });
    this.#rowsSlots.set(times, slot);
    return slot;
  }

  /** Variables that become the value of others: the value they have now is set aside, for they may be written themselves. */
  #setVariablesAside(): ReadonlyMap<number, Slot> {
    const aside = new Map<number, Slot>();
    for (const { at, target } of this.#capture.roots) {
      if (!target || this.#node(at).source?.kind !== 'variable' || aside.has(at)) continue;
      const slot = this.#arenaSlot(sizeOf(this.#node(at).shape));
      this.#copy(this.#slot(at), slot, at);
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
      if (slot !== undefined) this.#copy(aside.get(at) ?? this.#slot(at), slot, at);
    }
  }

  /** Copies a value that has the shape of entry `at`. */
  #copy(from: Slot, to: Slot, at: number): void {
    const { shape, dtype } = this.#node(at);
    const view = denseView(shape);
    const window = new Window();
    const [load, store] = [window.operand({ slot: from, view }), window.operand({ slot: to, view })];
    const loads = [{ operand: load, type: dtype === 'float32' ? 'f32x4' : 'i32x4' } as const];
    this.#place(`copy [${shape}]${dtype}`, window.locations, () => [
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

  #slot(at: number): Slot {
    const slot = this.#slots.get(at);
    if (slot === undefined) throw new Error('internal: an entry without a slot is read');
    return slot;
  }

  #arenaSlot(length: number): Slot {
    return this.#newSlot({ kind: 'arena', bytes: 4 * length });
  }

  #newSlot(place: Place): Slot {
    return this.#places.push(place) - 1;
  }
}
