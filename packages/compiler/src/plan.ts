// A plan: one compiled module and everything it needs to run but the values: the table of addresses, the numbers, the arena.
// A plan is made once for a structure and run for every capture that has it; binding writes the addresses of this run's
// sources and outputs into the table.

import { type Dtype, type Shape, type Source, showShape, sizeOf } from '@treadle/graph';
import { type Kernel, type Level, type Refusal, readRecord, type Slot } from '@treadle/kernels';
import { type Block, memory, type Program, type RunOptions, team, webAssembly } from '@treadle/pool';
import { ModuleBuilder } from '@treadle/wasm';
import { type Lifetime, layoutArena } from './arena.ts';
import { explainFailure, type Written, writtenBy } from './broken-run.ts';
import type { Capture, Captured } from './capture.ts';
import { compileModule } from './compile-module.ts';
import { emitMain } from './dispatch.ts';
import { chooseLevel } from './features.ts';
import { fuse } from './fuse.ts';
import { makeGroups } from './groups.ts';
import { type Lowered, lower, type Output, type Place } from './lower.ts';
import type { Ragged } from './ragged.ts';
import { type Schedule, schedule } from './schedule.ts';
import {
  allocateBlock,
  beginBinding,
  freeWaiting,
  freeWhenGone,
  isNeeded,
  isSpare,
  type Spare,
  StoredValue,
} from './storage.ts';

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
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** the rows that it is made for, if a run may have fewer; otherwise 1 */
  readonly rows: number;
}

export interface DraftOptions {
  /** whether its threads write down when they work at what */
  readonly isWatched?: boolean;
  /** what a run with fewer rows leaves out */
  readonly ragged?: Ragged | undefined;
}

export function draft(capture: Capture, level: Level, { isWatched = false, ragged }: DraftOptions = {}): Draft {
  const lowered = lower(capture, makeGroups(capture, fuse(capture), ragged), level, ragged);
  const { phases, lifetimes } = schedule(lowered.kernels);
  const inBlock = layOutBlock(lowered, capture, lifetimes, phases.length, ragged);
  const written = writtenBy(capture, lowered.places, phases.flat());
  return { lowered, phases, written, inBlock, bytes: emitModule(phases, isWatched), rows: ragged?.rows ?? 1 };
}

export class Plan implements Spare {
  /** the steps, as people read them */
  readonly names: readonly string[];
  readonly outputOf: readonly (number | undefined)[];
  readonly #program: Program;
  readonly #watch: Watch | undefined;
  readonly #outputs: readonly Output[];
  /** the slot of each output */
  readonly #outputSlots: readonly Slot[];
  readonly #sources: readonly BoundSource[];
  /** the variables assigned */
  readonly #written: readonly Written[];
  readonly #targets: readonly (readonly [slot: Slot, root: number])[];
  /** the slots of numbers that are so many times the rows of a run */
  readonly #numbersOfRows: readonly (readonly [slot: Slot, times: number])[];
  readonly #inBlock: BlockLayout;
  readonly #tableBytes: number;
  /** the slots of the records in which kernels say what they refuse */
  readonly #refusals: readonly Refusal[];
  /** the rows that it was made for, if a run may have fewer */
  readonly #rows: number;
  /** the table of addresses, then what the layout says; only when it is needed for a run */
  #block: Block | undefined;
  /** first word of the table */
  #table = 0;
  /** the address of each slot that has room in the block */
  #rooms: ReadonlyMap<Slot, number> = new Map();
  #holds = 0;

  /** With a `watch`, which the draft must have been made for, runs are told of. */
  constructor({ lowered, phases, written, inBlock, bytes, rows }: Draft, watch?: Watch) {
    const steps = phases.flat();
    this.names = steps.map(({ name }) => name);
    this.outputOf = lowered.outputOf;
    this.#written = written;
    this.#outputs = lowered.outputs;
    this.#rows = rows;
    this.#outputSlots = slotsOfOutputs(lowered.places);
    this.#targets = lowered.places.flatMap((place, slot) =>
      place.kind === 'target' ? [[slot, place.root] as const] : [],
    );
    this.#program = { ...programOf(phases, bytes), isWatched: watch !== undefined };
    this.#watch = watch;

    this.#inBlock = inBlock;
    this.#tableBytes = roundUp(4 * lowered.places.length);
    this.#sources = lowered.places.flatMap((place, slot): BoundSource[] => {
      if (place.kind !== 'source') return [];
      const { source, dtype } = place;
      return [{ slot, source, dtype, isRagged: inBlock.ragged.has(slot) }];
    });
    this.#numbersOfRows = lowered.places.flatMap((place, slot) =>
      place.kind === 'rows' ? [[slot, place.times] as const] : [],
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
   * The same with the event loop free. What the run reads and writes is held from now on. `before` is called when its turn has
   * come; also if that never comes.
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
      before?.();
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
    return this.#tableBytes + this.#inBlock.bytes;
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
    this.#table = block.byteOffset / 4;
    const begin = block.byteOffset + this.#tableBytes;
    this.#rooms = new Map(this.#inBlock.offsets.map(([slot, offset]) => [slot, begin + offset]));
    for (const [slot, address] of this.#rooms) this.#setAddress(slot, address);
  }

  /** A run to be: values are bound when its turn has come, and small outputs are read at once when it is done. */
  #prepare(binding: Binding, before?: () => void): PreparedRun {
    const rows = binding.rows ?? this.#rows;
    const outputs: (StoredValue | undefined)[] = [];
    const drop = (): void => {
      for (const output of outputs) output?.release();
    };
    const run: PreparedRun = {
      collected: [],
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
        }
        return 4 * this.#table;
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

  #setAddress(slot: Slot, byteOffset: number): void {
    memory.i32[this.#table + slot] = byteOffset;
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
      const slot = required(this.#outputSlots[i]);
      if (output) this.#setAddress(slot, output.address());
      else if (this.#inBlock.ragged.has(slot)) this.#setAddress(slot, required(this.#rooms.get(slot)));
    });
    for (const [slot, root] of this.#targets) this.#setAddress(slot, required(targets[root]).address());
    for (const { slot } of this.#refusals) memory.i32.fill(0, this.#word(slot), this.#word(slot) + 2);
    for (const [slot, times] of this.#numbersOfRows) setNumber(required(this.#rooms.get(slot)), times * rows, 'int32');
    for (const bound of this.#sources) {
      const source = required(sources[bound.source]);
      if (bound.isRagged && rows < this.#rows) this.#copyRows(bound, source, args);
      else this.#bindSource(bound, source, args);
    }
  }

  /** Rows that a kernel may read although they mean nothing must lie somewhere: the others go where there is room. */
  #copyRows({ slot }: BoundSource, source: Source, args: readonly StoredValue[]): void {
    const room = this.#rooms.get(slot);
    if (source.kind !== 'argument' || room === undefined) throw new Error('internal: only arguments have fewer rows');
    const value = required(args[source.index]);
    const from = value.address(room);
    if (from !== room) memory.i32.copyWithin(room / 4, from / 4, from / 4 + value.length);
    this.#setAddress(slot, room);
  }

  #bindSource({ slot, dtype }: BoundSource, source: Source, args: readonly StoredValue[]): void {
    const room = this.#rooms.get(slot);
    switch (source.kind) {
      case 'number':
      case 'constant':
        return setNumber(required(room), source.value, dtype);
      case 'drawn':
        return setNumber(required(room), source.draw(), dtype);
      case 'argument':
        return this.#setAddress(slot, required(args[source.index]).address(room));
      case 'variable':
        return this.#setAddress(slot, source.state.storage.address());
      case 'stored':
        return this.#setAddress(slot, source.storage.address(room));
    }
  }

  /** The first word of what lies in the block for a slot. */
  #word(slot: Slot): number {
    return required(this.#rooms.get(slot)) / 4;
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
      // addresses are unsigned
      const word = ((memory.i32[this.#table + required(this.#outputSlots[i])] ?? 0) >>> 0) / 4;
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
  const read = [...args];
  for (const source of sources) {
    const storage =
      source.kind === 'stored' ? source.storage : source.kind === 'variable' ? source.state.storage : undefined;
    if (storage instanceof StoredValue) read.push(storage);
  }
  const written = targets.filter((target) => target !== undefined);
  // A value that was disposed of is found before any is held.
  for (const value of [...read, ...written]) value.checkUsable();
  for (const value of read) value.hold();
  for (const value of written) value.willBeWritten();
  return () => {
    for (const value of read) value.letGo();
    for (const value of written) value.wasWritten();
  };
}

/** A source, and what is needed to bind it. */
interface BoundSource {
  readonly slot: Slot;
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

function emitModule(phases: readonly (readonly Kernel[])[], isWatched: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({
    memory: { module: 'env', name: 'memory', initial: 1, maximum: 65536, shared: true },
  });
  const clock = isWatched ? module.import('env', 'clock', [], 'i32') : undefined;
  const emitted = phases.map((kernels) =>
    kernels.map((kernel) => ({ func: kernel.emit(module), tiles: kernel.tiles, record: kernel.refusal?.slot })),
  );
  emitMain(module, emitted, clock);
  return module.encode({ exportAll: true });
}

function programOf(phases: readonly (readonly Kernel[])[], bytes: Uint8Array<ArrayBuffer>): Program {
  const kernels = phases.flat();
  return {
    module: chooseLevel().setsFlags ? compileModule(bytes) : new webAssembly.Module(bytes),
    steps: kernels.length,
    names: kernels.map(({ name }) => name),
    scratchBytes: Math.max(0, ...kernels.map(({ scratch }) => scratch)),
    work: phases.map((phase) => phase.map(({ tiles, cost }) => ({ tiles, cost }))),
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
