// A plan: compiled kernels and everything that they need to run but the values: the step table, the windows of addresses, the
// numbers, the arena. A plan is made once for a structure and run for every capture that has it; binding writes the addresses
// of this run's sources and outputs into the windows.

import { type Dtype, dtypes, type Source, showShape, sizeOf } from '@treadle/graph';
import { bytesOf, type Refusal, readRecord, type Slot } from '@treadle/kernels';
import { type Block, type Code, memory, type Program, type RunOptions, type Stint, team } from '@treadle/runtime';
import { advanced, type Interruptible, runToEnd } from '../code/interruptible.ts';
import { keyOf, linkInParts } from '../code/link.ts';
import { close, type Pieces, spread } from '../dynamic-batch/padded-rows.ts';
import { type BlockLayout, type Draft, isSmall } from '../schedule/draft.ts';
import { kernelsIn } from '../schedule/step.ts';
import {
  allocateBlock,
  beginBinding,
  elementsOf,
  endBinding,
  freeWaiting,
  freeWhenGone,
  isNeeded,
  isSpare,
  type Spare,
  StoredValue,
} from '../values/storage.ts';
import { type Binding, holdBound } from './binding.ts';
import type { Output, Place } from './places.ts';
import { programOf, refusalsIn } from './plan-program.ts';
import { explainFailure, type Written } from './run-failure.ts';
import { BoundSlot, layOutTable, type TableLayout } from './windows.ts';

/** Is told of every run when each thread worked at each step. */
export type Watch = (log: readonly (readonly Stint[])[]) => void;

export class Plan implements Spare {
  /** the steps, as people read them */
  readonly names: readonly string[];
  readonly outputOf: readonly (number | undefined)[];
  readonly #program: Program;
  /** what is left to do until there is code */
  readonly #linking: Interruptible<Code>;
  #code: Code | undefined;
  readonly #watch: Watch | undefined;
  readonly #outputs: readonly Output[];
  readonly #outputSlots: readonly BoundPlace[];
  readonly #sources: readonly BoundSource[];
  /** the variables assigned */
  readonly #written: readonly Written[];
  readonly #targets: readonly (readonly [slot: BoundSlot, root: number])[];
  /** words of the table that are so many times the rows of a run */
  readonly #rounds: TableLayout['rounds'];
  /** slots that lie behind others, by the rows of a run */
  readonly #moved: readonly { readonly slot: BoundSlot; readonly of: BoundSlot; by(rows: number): number }[];
  /** the slots of numbers that are so many times the rows of a run */
  readonly #numbersOfRows: readonly (readonly [at: Slot, times: number])[];
  readonly #inBlock: BlockLayout;
  /** where kernels say what they refuse */
  readonly #refusals: readonly Refusal[];
  /** the table that the program runs over, but for the addresses */
  readonly #tableWords: readonly number[];
  readonly #slots: readonly BoundSlot[];
  /** the rows that it was made for, if a run may have fewer */
  readonly #rows: number;
  /** the table, then what the layout says; only when it is needed for a run */
  #block: Block | undefined;
  /** the address of the room in the block of each slot that has some */
  #rooms: readonly (number | undefined)[] = [];
  #holds = 0;

  /** Tells the `watch` of its runs. */
  constructor({ lowered, phases, written, inBlock, code, rows }: Draft, watch?: Watch) {
    this.names = kernelsIn(phases).map(({ name }) => name);
    this.outputOf = lowered.outputOf;
    this.#written = written;
    this.#outputs = lowered.outputs;
    this.#rows = rows;
    const isWatched = watch !== undefined;
    this.#linking = linkInParts(code, isWatched);
    this.#watch = watch;

    const functions = new Map([...code.keys()].map((key, position) => [key, position]));
    const table = layOutTable(phases, (kernel) => required(functions.get(keyOf(kernel))), isWatched);
    this.#tableWords = table.words;
    this.#rounds = table.rounds;
    this.#program = programOf(phases, table.own, () => this.#linkedCode(), isWatched);
    this.#inBlock = inBlock;
    const slots = lowered.places.map((_, slot) => new BoundSlot(table.uses.get(slot) ?? []));
    this.#slots = slots;
    this.#outputSlots = slotsOfOutputs(lowered.places).map((at) => ({ at, slot: required(slots[at]) }));
    this.#targets = lowered.places.flatMap((place, at) =>
      place.kind === 'target' ? [[required(slots[at]), place.root] as const] : [],
    );
    this.#sources = lowered.places.flatMap((place, at): BoundSource[] => {
      if (place.kind !== 'source') return [];
      const { source, dtype } = place;
      return [{ at, slot: required(slots[at]), source, dtype, pieces: inBlock.ragged.get(at) }];
    });
    this.#moved = lowered.places.flatMap((place, at) =>
      place.kind === 'moved'
        ? [{ slot: required(slots[at]), of: required(slots[place.of]), by: (rows: number) => place.by(rows) }]
        : [],
    );
    this.#numbersOfRows = lowered.places.flatMap((place, at) =>
      place.kind === 'rows' ? [[at, place.times] as const] : [],
    );
    this.#refusals = refusalsIn(phases);
  }

  /** Runs the plan; returns its outputs. Throws where a kernel refuses what it reads: then no variable has changed. */
  run(binding: Binding): readonly StoredValue[] {
    const run = new PlannedRun(this, binding, binding.rows ?? this.#rows);
    try {
      team.run(this.#program, run, run);
    } catch (error) {
      throw explainFailure(error, this.#written);
    }
    return run.collected;
  }

  /** The same with the event loop free. What the run reads and writes is held from now on. */
  async runAsync(binding: Binding): Promise<readonly StoredValue[]> {
    const run = new PlannedRun(this, binding, binding.rows ?? this.#rows);
    let letGo: (() => void) | undefined;
    this.hold();
    try {
      letGo = holdBound(binding);
      await team.runAsync(this.#program, run, run);
      return run.collected;
    } catch (error) {
      throw explainFailure(error, this.#written);
    } finally {
      letGo?.();
      this.letGo();
    }
  }

  /** As runAsync, but at once where that takes no longer than to wait for a turn. */
  runSoon(binding: Binding): readonly StoredValue[] | Promise<readonly StoredValue[]> {
    return this.#code && team.isFreeFor(this.#program) ? this.run(binding) : this.runAsync(binding);
  }

  /** Keeps the plan although it may not be run for long, until every hold has been let go. */
  hold(): void {
    this.#holds++;
  }

  letGo(): void {
    this.#holds--;
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Bytes of the shared memory that the plan takes while it is in use. */
  get bytes(): number {
    return roundUp(4 * this.#tableWords.length) + this.#inBlock.bytes;
  }

  #linkedCode(): Code {
    this.#code ??= runToEnd(this.#linking);
    return this.#code;
  }

  /** Goes on compiling for some milliseconds; whether all is compiled. */
  isCompiled(): boolean {
    if (!this.#code) {
      const step = advanced(this.#linking);
      if (step.done) this.#code = step.value;
    }
    return this.#code !== undefined;
  }

  /** Gives back the plan's memory; it must not run again. */
  release(): void {
    team.forget(this.#program);
    if (this.#block) memory.free(this.#leaveBlock(this.#block));
  }

  /** Gives back the plan's memory until it runs again. */
  giveBack(): void {
    if (this.#block && this !== latest) memory.free(this.#leaveBlock(this.#block));
  }

  #leaveBlock(block: Block): Block {
    this.#block = undefined;
    isNeeded(this);
    return block;
  }

  /** Takes a block and writes what stays in its table. */
  #enterBlock(): void {
    const block = allocateBlock(this.bytes);
    isSpare(this);
    this.#block = block;
    memory.i32.set(this.#tableWords, block.byteOffset / 4);
    for (const slot of this.#slots) slot.moveTo(block.byteOffset / 4);
    const begin = block.byteOffset + roundUp(4 * this.#tableWords.length);
    const rooms: (number | undefined)[] = this.#slots.map(() => undefined);
    for (const [slot, offset] of this.#inBlock.offsets) {
      rooms[slot] = begin + offset;
      required(this.#slots[slot]).address = begin + offset;
    }
    this.#rooms = rooms;
  }

  /** Binds the values of a run whose turn has come; returns where the table lies. */
  bind(run: PlannedRun): number {
    beginBinding();
    latest = this;
    try {
      if (!this.#block) this.#enterBlock();
      for (const output of this.#outputs) run.outputs.push(this.#newOutput(output, run.rows));
      this.#bind(run.binding, run.rows, run.outputs);
    } catch (error) {
      run.drop();
      throw error;
    } finally {
      endBinding();
    }
    return required(this.#block).byteOffset;
  }

  /** Reads the small outputs of a run that is done, before the next one overwrites them. Throws where a kernel refused something. */
  end(run: PlannedRun, log: Parameters<Watch>[0]): void {
    freeWaiting();
    if (this.#refusals.length > 0) this.#throwRefusal(run);
    run.collected = this.#collect(run.rows, run.outputs);
    this.#watch?.(log);
  }

  /** Puts aside what the threads of a run that has failed may still write to. */
  abandon(run: PlannedRun, gone: Promise<void> | undefined): void {
    if (gone) this.#moveAside(gone, [...run.outputs, ...run.binding.targets]);
    else freeWaiting();
    run.drop();
  }

  /** Leaves all that threads may still write to, until they are gone. */
  #moveAside(gone: Promise<void>, values: readonly (StoredValue | undefined)[]): void {
    for (const value of values) value?.moveAside(gone);
    void freeWhenGone(gone, ...(this.#block ? [this.#leaveBlock(this.#block)] : []));
  }

  /** What is small, or has fewer rows than there is room for, is copied from the plan's block after the run. */
  #newOutput({ shape, dtype, raggedAxis }: Output, rows: number): StoredValue | undefined {
    if (isSmall(shape) || (raggedAxis !== undefined && rows < this.#rows)) return undefined;
    try {
      return StoredValue.allocate(sizeOf(shape), dtype);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`tensor: no memory for a result of ${showShape(shape)} ${dtype}; ${error.message}`);
    }
  }

  #bind({ sources, args, targets }: Binding, rows: number, outputs: readonly (StoredValue | undefined)[]): void {
    outputs.forEach((output, i) => {
      const { slot, at } = required(this.#outputSlots[i]);
      slot.address = output ? output.address() : required(this.#rooms[at]);
    });
    for (const [slot, root] of this.#targets) slot.address = required(targets[root]).address();
    for (const { slot } of this.#refusals) memory.i32.fill(0, this.#word(slot), this.#word(slot) + 2);
    for (const [at, times] of this.#numbersOfRows) setNumber(required(this.#rooms[at]), times * rows, 'int32');
    for (const bound of this.#sources) {
      const source = required(sources[bound.source]);
      if (bound.pieces && rows < this.#rows) this.#copyRows(bound, bound.pieces, rows, source, args);
      else this.#bindSource(bound, source, args);
    }
    for (const { slot, of, by } of this.#moved) slot.address = of.address + by(rows);
    const first = required(this.#block).byteOffset / 4;
    for (const { word, perRow } of this.#rounds) memory.i32[first + word] = perRow * rows;
  }

  /** Rows that a kernel may read although they mean nothing must lie somewhere: the others go where there is room. */
  #copyRows(
    { slot, at }: BoundSource,
    pieces: Pieces,
    rows: number,
    source: Source,
    args: readonly StoredValue[],
  ): void {
    const room = this.#rooms[at];
    if (source.kind !== 'argument' || room === undefined) throw new Error('internal: only arguments have fewer rows');
    const from = required(args[source.index]).address(room);
    spread(pieces, (pieces.bytes / this.#rows) * rows, from, room);
    slot.address = room;
  }

  #bindSource({ slot, at, dtype }: BoundSource, source: Source, args: readonly StoredValue[]): void {
    const room = this.#rooms[at];
    switch (source.kind) {
      case 'number':
      case 'constant':
        return setNumber(required(room), source.value, dtype);
      case 'drawn':
        return setNumber(required(room), source.draw(), dtype);
      case 'argument':
        slot.address = required(args[source.index]).address(room);
        return;
      case 'variable':
        slot.address = source.state.storage.address();
        return;
      case 'stored':
        slot.address = source.storage.address(room);
    }
  }

  /** The first word of what lies in the block for a slot. */
  #word(slot: Slot): number {
    return required(this.#rooms[slot]) / 4;
  }

  #throwRefusal(run: PlannedRun): void {
    for (const refusal of this.#refusals) {
      const word = this.#word(refusal.slot);
      const found = readRecord(memory.i32[word] ?? 0, memory.i32[word + 1] ?? 0);
      if (!found) continue;
      run.drop();
      throw refusal.error(found.position, found.bits);
    }
  }

  #collect(rows: number, outputs: readonly (StoredValue | undefined)[]): readonly StoredValue[] {
    return outputs.map((output, i) => {
      if (output) return output;
      const { shape, dtype } = required(this.#outputs[i]);
      const { at } = required(this.#outputSlots[i]);
      const room = required(this.#rooms[at]);
      const pieces = this.#inBlock.ragged.get(at);
      if (!pieces || rows === this.#rows) return StoredValue.copy(room, sizeOf(shape), dtype);
      const used = (pieces.bytes / this.#rows) * rows;
      close(pieces, used, room);
      return StoredValue.copy(room, (sizeOf(shape) / this.#rows) * rows, dtype);
    });
  }
}

/** The plan that was bound last: it keeps its memory. */
let latest: Plan | undefined;

/** A run of a plan, as the team takes it. */
class PlannedRun implements RunOptions {
  readonly binding: Binding;
  readonly rows: number;
  /** those that have a block of their own */
  readonly outputs: (StoredValue | undefined)[] = [];
  collected: readonly StoredValue[] = [];
  readonly #plan: Plan;

  constructor(plan: Plan, binding: Binding, rows: number) {
    this.#plan = plan;
    this.binding = binding;
    this.rows = rows;
  }

  isReady(): boolean {
    return this.#plan.isCompiled();
  }

  table(): number {
    return this.#plan.bind(this);
  }

  finish(log: Parameters<Watch>[0]): void {
    this.#plan.end(this, log);
  }

  fail(gone: Promise<void> | undefined): void {
    this.#plan.abandon(this, gone);
  }

  /** Frees the outputs of a run that has failed. */
  drop(): void {
    for (const output of this.outputs) output?.drop();
  }
}

/** A slot, and where its address is written. */
interface BoundPlace {
  readonly at: Slot;
  readonly slot: BoundSlot;
}

/** A source, and what is needed to bind it. */
interface BoundSource extends BoundPlace {
  readonly source: number;
  readonly dtype: Dtype;
  /** where it may have fewer rows than there is room for */
  readonly pieces: Pieces | undefined;
}

function setNumber(byteOffset: number, value: number, dtype: Dtype): void {
  const row = dtypes[dtype];
  elementsOf(row)[byteOffset / bytesOf(row.narrow)] = value;
}

function slotsOfOutputs(places: readonly Place[]): readonly Slot[] {
  const slots: Slot[] = [];
  places.forEach((place, slot) => {
    if (place.kind === 'output') slots[place.output] = slot;
  });
  return slots;
}

function required<T>(x: T | undefined): T {
  if (x === undefined) throw new Error('internal: a run lacks something it is bound to');
  return x;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
