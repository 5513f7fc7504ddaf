// Lowering: groups become kernels. Slots are given out here: one for each source, stored entry and temporary buffer. What a
// slot stands for at run time (a tensor's block, a number, a piece of the arena) is said beside it, for the plan to bind.

import { type Dtype, denseView, type Node, type Shape, sizeOf, type VariableState } from '@treadle/graph';
import {
  type Epilogue,
  type Kernel,
  type Level,
  lanes,
  type Operand,
  type Present,
  reduce,
  region,
  rowKernel,
  type Slot,
} from '@treadle/kernels';
import type { Capture } from './capture.ts';
import { type Group, type Groups, inOrder } from './group.ts';
import { rowProgram } from './lower-rows.ts';
import { buildProgram, isMustStore, operandFor, type Program, type Stored } from './program.ts';
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
export function lower(capture: Capture, groups: Groups, level: Level, ragged?: Ragged): Lowered {
  return new Lowerer(capture, groups, level, ragged).run();
}

class Lowerer {
  readonly #capture: Capture;
  readonly #groups: Groups;
  readonly #level: Level;
  readonly #ragged: Ragged | undefined;
  readonly #places: Place[] = [];
  readonly #slots = new Map<number, Slot>();
  readonly #variables = new Map<VariableState, Slot>();
  readonly #kernels: Kernel[] = [];
  readonly #outputs: Output[] = [];

  constructor(capture: Capture, groups: Groups, level: Level, ragged: Ragged | undefined) {
    this.#capture = capture;
    this.#groups = groups;
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
    const order = inOrder(this.#groups);
    for (const group of order) this.#placeGroup(group);
    const aside = this.#setVariablesAside();
    for (const group of order) this.#lowerGroup(group);
    this.#copyToVariables(aside);
    const kernels = this.#kernels.map((kernel) => this.#afterRefusals(kernel));
    return { kernels, places: this.#places, outputs: this.#outputs, outputOf };
  }

  /** What writes a variable reads all records: where something is refused, no variable changes. */
  #afterRefusals(kernel: Kernel): Kernel {
    const variables = [...this.#variables.values()];
    if (!kernel.writes.some((slot) => variables.includes(slot))) return kernel;
    const records = this.#kernels.flatMap(({ refusal }) => refusal?.slot ?? []);
    return records.length === 0 ? kernel : { ...kernel, reads: [...kernel.reads, ...records] };
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
      const isFree = whole !== undefined && !this.#slots.has(whole) && !this.#capture.roots.some((r) => r.at === whole);
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
      const isMade = [...this.#groups.values()].some((g) => g.members.includes(from) || g.product === from);
      if (isMade) return from;
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
    const others = [...this.#groups.values()].some((other) => other !== group && other.reads.has(product));
    const slot = others ? this.#arenaSlot(sizeOf(this.#node(product).shape)) : this.#slots.get(group.at);
    if (slot !== undefined) this.#slots.set(product, slot);
  }

  /** Whether others need a value that the group makes. */
  #isReadOutside(group: Group, member: number): boolean {
    if (this.#capture.roots.some(({ at }) => at === member)) return true;
    return [...this.#groups.values()].some((other) => other !== group && other.reads.has(member));
  }

  #lowerGroup(group: Group): void {
    const { at, members } = group;
    const reshaped = this.#reshapedBy(at);
    if (reshaped !== undefined && this.#slots.get(reshaped) === this.#slots.get(at)) return;
    if (group.rows) {
      const program = rowProgram(this.#capture, group.rows, (entry) => this.#slots.get(entry));
      this.#kernels.push(rowKernel({ ...program, present: this.#presentRows(members) }));
      return;
    }
    const { op, shape } = this.#node(at);
    const stores = members.map((member): Operand => ({ slot: this.#slot(member), view: denseView(shape) }));
    const store: Operand = { slot: this.#slot(at), view: denseView(shape) };
    const allocate = (length: number): Slot => this.#arenaSlot(length);
    const present = this.#presentRows(members);
    if (group.product !== undefined) {
      const epilogue = region({ ...this.#named(this.#program(members, members)), stores });
      this.#lowerTiled(group.product, [group.product, ...members], epilogue);
    } else if (op?.kind === 'tiled') {
      this.#lowerTiled(group.at, members);
    } else if (op?.kind === 'reduce') {
      const program = this.#program([this.#input(group.at, 0)], []);
      const named = this.#named({ ...program, ops: [...program.ops, op.name] });
      const count = this.#combinedElements(group.at);
      this.#kernels.push(...reduce({ ...named, axes: op.axes, combine: op.combine, store, allocate, count, present }));
    } else {
      this.#kernels.push(lanes({ ...this.#named(this.#program(members, members)), stores, present }));
    }
  }

  /** `members`: the entry itself, and what an epilogue makes of it. */
  #lowerTiled(at: number, members: readonly number[], epilogue?: Epilogue): void {
    const { op } = this.#node(at);
    if (op?.kind !== 'tiled') throw new Error('internal: not a tiled op');
    const inputs = (this.#capture.entries[at]?.inputs ?? []).map((input) => {
      const operand = operandFor(this.#stored(), input);
      if (isMustStore(operand)) throw new Error('internal: an operand was not stored');
      return operand;
    });
    const allocate = (length: number): Slot => this.#arenaSlot(length);
    const record = (): Slot => this.#newSlot({ kind: 'record' });
    const combined = this.#combinedRows(at);
    const present = this.#presentRows(members);
    const lowering = {
      inputs,
      output: this.#slot(at),
      level: this.#level,
      allocate,
      record,
      ...(epilogue && { epilogue }),
      ...(combined !== undefined && { combined }),
      ...(present && { present }),
    };
    this.#kernels.push(...op.kernels(lowering));
  }

  /** Where it is written how many elements there are of the axis over which a tiled entry combines, if rows lie along it. */
  #combinedRows(at: number): Slot | undefined {
    const { ragged, input } = this.#raggedInput(at);
    if (!ragged || input === undefined) return undefined;
    return this.#rowsSlot((this.#node(input).shape[ragged.axes[input] ?? 0] ?? 0) / ragged.rows);
  }

  /** The same of all axes that a reduction folds. */
  #combinedElements(at: number): Slot | undefined {
    const { ragged, input } = this.#raggedInput(at);
    if (!ragged || input === undefined) return undefined;
    return this.#rowsSlot(sizeOf(this.#node(input).shape.slice(this.#node(at).shape.length)) / ragged.rows);
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
    const known = this.#places.findIndex((place) => place.kind === 'rows' && place.times === times);
    return known < 0 ? this.#newSlot({ kind: 'rows', times }) : known;
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
    const operand = { slot: from, view };
    const loads = [{ operand, type: dtype === 'float32' ? 'f32x4' : 'i32x4' } as const];
    const stores = [{ slot: to, view }];
    this.#kernels.push(lanes({ name: 'copy', shape, loads, body: (_, v) => v, cost: 0.1, stores }));
  }

  #program(outputs: readonly number[], computed: readonly number[]): Program {
    const program = buildProgram(this.#stored(), outputs, computed);
    if (isMustStore(program)) throw new Error('internal: a load was not stored');
    return program;
  }

  #named(program: Program): Program & { readonly name: string } {
    const ops = program.ops.length > 0 ? program.ops.join('·') : 'copy';
    return { ...program, name: `${ops} ${program.shape.join('×')}`.trimEnd() };
  }

  #stored(): Stored {
    return { entries: this.#capture.entries, slotOf: (at) => this.#slots.get(at) };
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
