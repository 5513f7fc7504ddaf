// A plan: one compiled module and everything it needs to run but the values: the table of addresses, the numbers, the arena.
// A plan is made once for a structure and run for every capture that has it; binding writes the addresses of this run's
// sources and outputs into the table.

import { type Dtype, type Shape, type Source, type Storage, sizeOf } from '@treadle/graph';
import type { Kernel, Level, Slot } from '@treadle/kernels';
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
import { holdBlocks, makeRoom, StoredValue } from './storage.ts';

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

/** Keeps what a run is bound to until it is done, although it may be disposed of before. */
function holdBound({ sources, args, targets }: Binding): () => void {
  const held: Storage[] = [...args];
  for (const target of targets) if (target) held.push(target);
  for (const source of sources) {
    if (source.kind === 'stored') held.push(source.storage);
    else if (source.kind === 'variable') held.push(source.state.storage);
  }
  for (const storage of held) storage.hold();
  return () => {
    for (const storage of held) storage.letGo();
  };
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

export class Plan {
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
  /** where the numbers lie that are so many times the rows of a run */
  readonly #numbersOfRows: readonly (readonly [room: number, times: number])[];
  /** for each output that may have fewer rows: the address of its room in the plan's block */
  readonly #outputRooms: readonly (number | undefined)[];
  /** the rows that it was made for, if a run may have fewer */
  readonly #rows: number;
  readonly #block: Block;
  /** first word of the table of addresses */
  readonly #table: number;
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

    const tableBytes = roundUp(4 * lowered.places.length);
    this.#block = memory.allocate(tableBytes + inBlock.bytes);
    this.#table = this.#block.byteOffset / 4;
    const rooms = new Map<Slot, number>();
    for (const [slot, offset] of inBlock.offsets) {
      const address = this.#block.byteOffset + tableBytes + offset;
      rooms.set(slot, address);
      this.#setAddress(slot, address);
    }
    this.#sources = lowered.places.flatMap((place, slot): BoundSource[] => {
      if (place.kind !== 'source') return [];
      const { source, dtype } = place;
      return [{ slot, source, dtype, room: rooms.get(slot), isRagged: inBlock.ragged.has(slot) }];
    });
    this.#numbersOfRows = lowered.places.flatMap((place, slot) =>
      place.kind === 'rows' ? [[required(rooms.get(slot)), place.times] as const] : [],
    );
    this.#outputRooms = this.#outputSlots.map((slot) => (inBlock.ragged.has(slot) ? rooms.get(slot) : undefined));
  }

  /** Runs the plan; returns its outputs. */
  run(binding: Binding): readonly StoredValue[] {
    makeRoom();
    const rows = binding.rows ?? this.#rows;
    const outputs = this.#newOutputs(rows);
    const prepare = (): void => this.#bind(binding, rows, outputs);
    try {
      team.run(this.#program, 4 * this.#table, { prepare, finish: this.#watch });
    } catch (error) {
      throw explainFailure(error, this.#written);
    }
    return this.#collect(rows, outputs);
  }

  /** The same with the event loop free. */
  async runAsync(binding: Binding): Promise<readonly StoredValue[]> {
    makeRoom();
    const rows = binding.rows ?? this.#rows;
    const outputs = this.#newOutputs(rows);
    const letGo = holdBlocks();
    const letGoOfBound = holdBound(binding);
    this.hold();
    try {
      const prepare = (): void => this.#bind(binding, rows, outputs);
      // Small outputs are read at once when the run ends: the next run of this plan may follow without a pause.
      let collected: readonly StoredValue[] = [];
      const finish = (): void => {
        collected = this.#collect(rows, outputs);
      };
      await team.runAsync(this.#program, 4 * this.#table, { prepare, finish });
      return collected;
    } catch (error) {
      throw explainFailure(error, this.#written);
    } finally {
      letGo();
      letGoOfBound();
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

  /** Gives back the plan's memory; it must not run again. */
  release(): void {
    team.forget(this.#program);
    memory.free(this.#block);
  }

  #setAddress(slot: Slot, byteOffset: number): void {
    memory.i32[this.#table + slot] = byteOffset;
  }

  /** What is small, or has fewer rows than there is room for, is copied from the plan's block after the run. */
  #newOutputs(rows: number): readonly (StoredValue | undefined)[] {
    return this.#outputs.map(({ shape, dtype, isRagged }) => {
      return isSmall(shape) || (isRagged && rows < this.#rows) ? undefined : StoredValue.allocate(sizeOf(shape), dtype);
    });
  }

  #bind({ sources, args, targets }: Binding, rows: number, outputs: readonly (StoredValue | undefined)[]): void {
    outputs.forEach((output, i) => {
      const address = output ? output.address() : this.#outputRooms[i];
      if (address !== undefined) this.#setAddress(required(this.#outputSlots[i]), address);
    });
    for (const [slot, root] of this.#targets) this.#setAddress(slot, required(targets[root]).address());
    for (const [room, times] of this.#numbersOfRows) setNumber(room, times * rows, 'int32');
    for (const bound of this.#sources) {
      const source = required(sources[bound.source]);
      if (bound.isRagged && rows < this.#rows) this.#copyRows(bound, source, args);
      else this.#bindSource(bound, source, args);
    }
  }

  /** Rows that a kernel may read although they mean nothing must lie somewhere: the others go where there is room. */
  #copyRows({ slot, room }: BoundSource, source: Source, args: readonly StoredValue[]): void {
    if (source.kind !== 'argument' || room === undefined) throw new Error('internal: only arguments have fewer rows');
    const value = required(args[source.index]);
    const from = value.address(room);
    if (from !== room) memory.i32.copyWithin(room / 4, from / 4, from / 4 + value.length);
    this.#setAddress(slot, room);
  }

  #bindSource({ slot, dtype, room }: BoundSource, source: Source, args: readonly StoredValue[]): void {
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

/** A source, and what is needed to bind it. */
interface BoundSource {
  readonly slot: Slot;
  readonly source: number;
  readonly dtype: Dtype;
  /** the address of room in the plan's block: for a number, to which the table points for good, or for a small value */
  readonly room: number | undefined;
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
    kernels.map((kernel) => ({ func: kernel.emit(module), tiles: kernel.tiles })),
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
