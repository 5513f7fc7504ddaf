// A plan: compiled kernels and everything that they need to run but the values: the step table, the windows of addresses, the
// numbers, the arena. A plan is made once for a structure and run for every capture that has it; binding writes the addresses
// of this run's sources and outputs into the windows.

import { type Dtype, type Shape, type Source, type Storage, showShape, sizeOf } from '@treadle/graph';
import { type Kernel, type Level, type Refusal, readRecord, type Slot } from '@treadle/kernels';
import { type Block, type Code, memory, type Program, type RunOptions, team } from '@treadle/pool';
import { type Lifetime, layoutArena } from './arena.ts';
import { explainFailure, type Written, writtenBy } from './broken-run.ts';
import type { Capture, Captured } from './capture.ts';
import { fuse } from './fuse.ts';
import { makeGroups } from './groups.ts';
import { advanced, finished, type InParts } from './in-parts.ts';
import { distinctKernels, keyOf, linkInParts } from './link.ts';
import { type Lowered, lower, type Output, type Place } from './lower.ts';
import type { Ragged } from './ragged.ts';
import { type Schedule, schedule } from './schedule.ts';
import {
  allocateBlock,
  beginBinding,
  endBinding,
  freeWaiting,
  freeWhenGone,
  isNeeded,
  isSpare,
  type Spare,
  StoredValue,
} from './storage.ts';
import { BoundSlot, layOutTable } from './windows.ts';

/** Values up to this many elements are copied to the plan's block before a run and from it after, and need no block of their own. */
const smallValue = 256;

/** Is told of every run when each thread worked at each step. */
export type Watch = NonNullable<RunOptions['finish']>;

/** What a run is bound to. */
export interface Binding {
  readonly sources: readonly Source[];
  /** the values of sources of kind 'argument', by their index */
  readonly args: readonly StoredValue[];
  /** how many rows the arguments have, in a plan that takes fewer than it was made for */
  readonly rows?: number;
  /** the state that each root assigns, if it does */
  readonly targets: readonly (StoredValue | undefined)[];
}

/** A plan on paper: all that follows from the structure alone. */
export interface Draft {
  /** the variables assigned, and the steps that write them */
  readonly written: readonly Written[];
  readonly lowered: Lowered;
  readonly phases: Schedule['phases'];
  readonly inBlock: BlockLayout;
  /** its code: a kernel for each key */
  readonly code: ReadonlyMap<string, Kernel>;
  /** the rows that it is made for, if a run may have fewer; otherwise 1 */
  readonly rows: number;
}

/** With `ragged`, a run may have fewer rows, and leaves out what they would be. */
export function draft(capture: Capture, level: Level, ragged?: Ragged): Draft {
  return finished(draftInParts(capture, level, ragged));
}

/** The same, pass by pass. */
export function* draftInParts(capture: Capture, level: Level, ragged?: Ragged): InParts<Draft> {
  const fused = fuse(capture);
  yield;
  const groups = makeGroups(capture, fused, ragged);
  yield;
  const lowered = lower(capture, groups, level, ragged);
  yield;
  const { phases, lifetimes } = schedule(lowered.kernels);
  yield;
  const inBlock = layOutBlock(lowered, capture, lifetimes, phases.length, ragged);
  yield;
  const written = writtenBy(capture, lowered.places, phases.flat());
  return { lowered, phases, written, inBlock, code: distinctKernels(phases.flat()), rows: ragged?.rows ?? 1 };
}

export class Plan implements Spare {
  /** the steps, as people read them */
  readonly names: readonly string[];
  readonly outputOf: readonly (number | undefined)[];
  readonly #program: Program;
  /** what is left to do until there is code */
  readonly #linking: InParts<Code>;
  #code: Code | undefined;
  readonly #watch: Watch | undefined;
  readonly #outputs: readonly Output[];
  readonly #outputSlots: readonly BoundPlace[];
  readonly #sources: readonly BoundSource[];
  /** the variables assigned */
  readonly #written: readonly Written[];
  readonly #targets: readonly (readonly [slot: BoundSlot, root: number])[];
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
    const steps = phases.flat();
    this.names = steps.map(({ name }) => name);
    this.outputOf = lowered.outputOf;
    this.#written = written;
    this.#outputs = lowered.outputs;
    this.#rows = rows;
    const isWatched = watch !== undefined;
    this.#linking = linkInParts(code, isWatched);
    this.#program = programOf(phases, () => this.#linkedCode(), isWatched);
    this.#watch = watch;

    const functions = new Map([...code.keys()].map((key, position) => [key, position]));
    const table = layOutTable(phases, (kernel) => required(functions.get(keyOf(kernel))), isWatched);
    this.#tableWords = table.words;
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
      return [{ at, slot: required(slots[at]), source, dtype, isRagged: inBlock.ragged.has(at) }];
    });
    this.#numbersOfRows = lowered.places.flatMap((place, at) =>
      place.kind === 'rows' ? [[at, place.times] as const] : [],
    );
    this.#refusals = steps.flatMap(({ refusal }) => (refusal ? [refusal] : []));
  }

  /** Runs the plan; returns its outputs. Throws where a kernel refuses what it reads: then no variable has changed. */
  run(binding: Binding): readonly StoredValue[] {
    const run = this.#prepare(binding);
    try {
      team.run(this.#program, run.table, run);
    } catch (error) {
      throw explainFailure(error, this.#written);
    }
    return run.collected;
  }

  /**
   * The same with the event loop free. What the run reads and writes is held from now on. `before` is called when its turn
   * has come; what it throws is what comes out.
   */
  async runAsync(binding: Binding, before?: () => void): Promise<readonly StoredValue[]> {
    const run = this.#prepare(binding, before);
    let letGo: (() => void) | undefined;
    this.hold();
    try {
      letGo = holdBound(binding);
      await team.runAsync(this.#program, run.table, run);
      return run.collected;
    } catch (error) {
      throw explainFailure(error, this.#written);
    } finally {
      letGo?.();
      this.letGo();
    }
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
    this.#code ??= finished(this.#linking);
    return this.#code;
  }

  /** Goes on compiling for some milliseconds; whether all is compiled. */
  #isCompiled(): boolean {
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

  /** A run to be: values are bound when its turn has come, and small outputs are read at once when it is done. */
  #prepare(binding: Binding, before?: () => void): PreparedRun {
    const rows = binding.rows ?? this.#rows;
    const outputs: (StoredValue | undefined)[] = [];
    const drop = (): void => {
      for (const output of outputs) output?.drop();
    };
    const run: PreparedRun = {
      collected: [],
      isReady: () => this.#isCompiled(),
      table: () => {
        before?.();
        beginBinding();
        latest = this;
        try {
          if (!this.#block) this.#enterBlock();
          for (const output of this.#outputs) outputs.push(this.#newOutput(output, rows));
          this.#bind(binding, rows, outputs);
        } catch (error) {
          drop();
          throw error;
        } finally {
          endBinding();
        }
        return required(this.#block).byteOffset;
      },
      finish: (log) => {
        freeWaiting();
        try {
          this.#throwRefusal();
        } catch (error) {
          drop();
          throw error;
        }
        run.collected = this.#collect(rows, outputs);
        this.#watch?.(log);
      },
      fail: (gone) => {
        if (gone) this.#moveAside(gone, [...outputs, ...binding.targets]);
        else freeWaiting();
        drop();
      },
    };
    return run;
  }

  /** Leaves all that threads may still write to, until they are gone. */
  #moveAside(gone: Promise<void>, values: readonly (StoredValue | undefined)[]): void {
    for (const value of values) value?.moveAside(gone);
    void freeWhenGone(gone, ...(this.#block ? [this.#leaveBlock(this.#block)] : []));
  }

  /** What is small, or has fewer rows than there is room for, is copied from the plan's block after the run. */
  #newOutput({ shape, dtype, isRagged }: Output, rows: number): StoredValue | undefined {
    if (isSmall(shape) || (isRagged && rows < this.#rows)) return undefined;
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
      if (bound.isRagged && rows < this.#rows) this.#copyRows(bound, source, args);
      else this.#bindSource(bound, source, args);
    }
  }

  /** Rows that a kernel may read although they mean nothing must lie somewhere: the others go where there is room. */
  #copyRows({ slot, at }: BoundSource, source: Source, args: readonly StoredValue[]): void {
    const room = this.#rooms[at];
    if (source.kind !== 'argument' || room === undefined) throw new Error('internal: only arguments have fewer rows');
    const value = required(args[source.index]);
    const from = value.address(room);
    if (from !== room) memory.i32.copyWithin(room / 4, from / 4, from / 4 + value.length);
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

  #throwRefusal(): void {
    for (const refusal of this.#refusals) {
      const word = this.#word(refusal.slot);
      const found = readRecord(memory.i32[word] ?? 0, memory.i32[word + 1] ?? 0);
      if (found) throw refusal.error(found.position, found.bits);
    }
  }

  #collect(rows: number, outputs: readonly (StoredValue | undefined)[]): readonly StoredValue[] {
    return outputs.map((output, i) => {
      if (output) return output;
      const { shape, dtype, isRagged } = required(this.#outputs[i]);
      const word = this.#word(required(this.#outputSlots[i]).at);
      return StoredValue.copy(word, isRagged ? (sizeOf(shape) / this.#rows) * rows : sizeOf(shape), dtype);
    });
  }
}

/** The plan that was bound last: it keeps its memory. */
let latest: Plan | undefined;

/** A run of a plan, as the team takes it. */
interface PreparedRun extends RunOptions {
  readonly table: () => number;
  collected: readonly StoredValue[];
}

/** Holds what a run is bound to, until the function that it returns is called. */
function holdBound({ sources, args, targets }: Binding): () => void {
  const read: Storage[] = [...args];
  for (const source of sources) {
    if (source.kind === 'stored') read.push(source.storage);
    else if (source.kind === 'variable') read.push(source.state.storage);
  }
  const written = targets.filter((target) => target !== undefined);
  for (const value of read) value.hold();
  for (const value of written) value.willBeWritten();
  return () => {
    for (const value of read) value.letGo();
    for (const value of written) value.wasWritten();
  };
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
  /** whether it may have fewer rows than there is room for */
  readonly isRagged: boolean;
}

function setNumber(byteOffset: number, value: number, dtype: Dtype): void {
  if (dtype === 'float32') memory.f32[byteOffset / 4] = value;
  else memory.i32[byteOffset / 4] = value;
}

function slotsOfOutputs(places: readonly Place[]): readonly Slot[] {
  const slots: Slot[] = [];
  places.forEach((place, slot) => {
    if (place.kind === 'output') slots[place.output] = slot;
  });
  return slots;
}

export function isSmall(shape: Shape): boolean {
  return sizeOf(shape) <= smallValue;
}

function required<T>(x: T | undefined): T {
  if (x === undefined) throw new Error('internal: a run lacks something it is bound to');
  return x;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

function programOf(phases: Draft['phases'], codeOf: () => Code, isWatched: boolean): Program {
  const kernels = phases.flat();
  return {
    get module() {
      return codeOf();
    },
    steps: kernels.length,
    names: kernels.map(({ name }) => name),
    scratchBytes: Math.max(0, ...kernels.map(({ scratch }) => scratch)),
    work: phases.map((phase) => phase.map(({ tiles, cost }) => ({ tiles, cost }))),
    isWatched,
  };
}

interface BlockLayout {
  readonly bytes: number;
  readonly offsets: readonly (readonly [Slot, number])[];
  /** what lies there, in the same order */
  readonly lifetimes: readonly Lifetime[];
  /** the slots of arguments and outputs that may have fewer rows */
  readonly ragged: ReadonlySet<Slot>;
}

/** Offsets in the plan's block of all that lies there: numbers and small outputs for good, intermediates by lifetime. */
function layOutBlock(
  { places, outputs }: Lowered,
  capture: Capture,
  lifetimes: Schedule['lifetimes'],
  phases: number,
  ragged: Ragged | undefined,
): BlockLayout {
  const always = { first: 0, last: phases };
  const slots: Slot[] = [];
  const withRows = new Set<Slot>();
  const needs: Lifetime[] = [];
  places.forEach((place, slot) => {
    let need: Lifetime | undefined;
    if (place.kind === 'arena') {
      const touched = lifetimes.get(slot);
      need = touched && { bytes: place.bytes, ...touched };
    } else if (place.kind === 'rows') {
      need = { bytes: 4, ...always };
    } else if (place.kind === 'record') {
      need = { bytes: 8, ...always };
    } else if (place.kind === 'output') {
      if (outputs[place.output]?.isRagged) withRows.add(slot);
      if (withRows.has(slot) || isSmall(place.shape)) need = { bytes: 4 * sizeOf(place.shape), ...always };
    } else if (place.kind === 'source') {
      if (ragged?.axes[capture.sources[place.source] ?? -1] !== undefined) withRows.add(slot);
      const shape = sourceOf(capture, place.source)?.node.shape ?? [];
      if (withRows.has(slot) || hasRoom(capture, place.source)) need = { bytes: 4 * sizeOf(shape), ...always };
    }
    if (!need) return;
    slots.push(slot);
    needs.push(need);
  });
  const layout = layoutArena(needs);
  const offsets = slots.map((slot, i) => [slot, layout.offsets[i] ?? 0] as const);
  return { bytes: layout.bytes, offsets, lifetimes: needs, ragged: withRows };
}

/** Numbers have room in the plan's block, and so have values small enough to be copied there; variables are written in place. */
function hasRoom(capture: Capture, source: number): boolean {
  const node = sourceOf(capture, source)?.node;
  return node !== undefined && node.source?.kind !== 'variable' && isSmall(node.shape);
}

function sourceOf({ entries, sources }: Capture, source: number): Captured | undefined {
  return entries[sources[source] ?? -1];
}
