// A plan: one compiled module and everything it needs to run but the values: the table of addresses, the numbers, the arena.
// A plan is made once for a structure and run for every capture that has it; binding writes the addresses of this run's
// sources and outputs into the table.

import { type Dtype, type Shape, type Source, sizeOf } from '@treadle/graph';
import type { Kernel, Level, Slot } from '@treadle/kernels';
import { type Block, memory, type Program, type RunOptions, team, webAssembly } from '@treadle/pool';
import { ModuleBuilder } from '@treadle/wasm';
import { type Lifetime, layoutArena } from './arena.ts';
import { explainFailure, type Written, writtenBy } from './broken-run.ts';
import type { Capture } from './capture.ts';
import { compileModule } from './compile-module.ts';
import { emitMain } from './dispatch.ts';
import { chooseLevel } from './features.ts';
import { fuse } from './fuse.ts';
import { makeGroups } from './groups.ts';
import { type Lowered, lower, type Output, type Place } from './lower.ts';
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
}

/** `isWatched`: whether its threads write down when they work at what. */
export function draft(capture: Capture, level: Level, isWatched = false): Draft {
  const lowered = lower(capture, makeGroups(capture, fuse(capture)), level);
  const { phases, lifetimes } = schedule(lowered.kernels);
  const inBlock = layOutBlock(lowered, capture, lifetimes, phases.length);
  const written = writtenBy(capture, lowered.places, phases.flat());
  return { lowered, phases, written, inBlock, bytes: emitModule(phases, isWatched) };
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
  readonly #block: Block;
  /** first word of the table of addresses */
  readonly #table: number;
  #holds = 0;

  /** With a `watch`, which the draft must have been made for, runs are told of. */
  constructor({ lowered, phases, written, inBlock, bytes }: Draft, watch?: Watch) {
    const steps = phases.flat();
    this.names = steps.map(({ name }) => name);
    this.outputOf = lowered.outputOf;
    this.#written = written;
    this.#outputs = lowered.outputs;
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
    this.#sources = lowered.places.flatMap((place, slot): BoundSource[] =>
      place.kind === 'source' ? [{ slot, source: place.source, dtype: place.dtype, room: rooms.get(slot) }] : [],
    );
  }

  /** Runs the plan; returns its outputs. */
  run(binding: Binding): readonly StoredValue[] {
    makeRoom();
    const outputs = this.#newOutputs();
    const prepare = (): void => this.#bind(binding, outputs);
    try {
      team.run(this.#program, 4 * this.#table, { prepare, finish: this.#watch });
    } catch (error) {
      throw explainFailure(error, this.#written);
    }
    return this.#collect(outputs);
  }

  /** The same with the event loop free. */
  async runAsync(binding: Binding): Promise<readonly StoredValue[]> {
    makeRoom();
    const outputs = this.#newOutputs();
    const letGo = holdBlocks();
    this.hold();
    try {
      const prepare = (): void => this.#bind(binding, outputs);
      // Small outputs are read at once when the run ends: the next run of this plan may follow without a pause.
      let collected: readonly StoredValue[] = [];
      const finish = (): void => {
        collected = this.#collect(outputs);
      };
      await team.runAsync(this.#program, 4 * this.#table, { prepare, finish });
      return collected;
    } catch (error) {
      throw explainFailure(error, this.#written);
    } finally {
      letGo();
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

  #newOutputs(): readonly (StoredValue | undefined)[] {
    return this.#outputs.map(({ shape, dtype }) => {
      return isSmall(shape) ? undefined : StoredValue.allocate(sizeOf(shape), dtype);
    });
  }

  #bind({ sources, args, targets }: Binding, outputs: readonly (StoredValue | undefined)[]): void {
    outputs.forEach((output, i) => {
      if (output) this.#setAddress(required(this.#outputSlots[i]), output.address());
    });
    for (const [slot, root] of this.#targets) this.#setAddress(slot, required(targets[root]).address());
    for (const bound of this.#sources) this.#bindSource(bound, required(sources[bound.source]), args);
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

  #collect(outputs: readonly (StoredValue | undefined)[]): readonly StoredValue[] {
    return outputs.map((output, i) => {
      if (output) return output;
      const { shape, dtype } = required(this.#outputs[i]);
      // addresses are unsigned
      const word = ((memory.i32[this.#table + required(this.#outputSlots[i])] ?? 0) >>> 0) / 4;
      return StoredValue.copy(word, sizeOf(shape), dtype);
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
}

/** Offsets in the plan's block of all that lies there: numbers and small outputs for good, intermediates by lifetime. */
function layOutBlock(
  { places }: Lowered,
  capture: Capture,
  lifetimes: Schedule['lifetimes'],
  phases: number,
): BlockLayout {
  const always = { first: 0, last: phases };
  const slots: Slot[] = [];
  const needs: Lifetime[] = [];
  places.forEach((place, slot) => {
    let need: Lifetime | undefined;
    if (place.kind === 'arena') {
      const touched = lifetimes.get(slot);
      need = touched && { bytes: place.bytes, ...touched };
    } else if (place.kind === 'output' && isSmall(place.shape)) {
      need = { bytes: 4 * sizeOf(place.shape), ...always };
    } else if (place.kind === 'source' && hasRoom(capture, place.source)) {
      need = { bytes: 4 * sizeOf(capture.entries[capture.sources[place.source] ?? -1]?.node.shape ?? []), ...always };
    }
    if (!need) return;
    slots.push(slot);
    needs.push(need);
  });
  const layout = layoutArena(needs);
  return { bytes: layout.bytes, offsets: slots.map((slot, i) => [slot, layout.offsets[i] ?? 0]), lifetimes: needs };
}

/** Numbers have room in the plan's block, and so have values small enough to be copied there; variables are written in place. */
function hasRoom(capture: Capture, source: number): boolean {
  const node = capture.entries[capture.sources[source] ?? -1]?.node;
  return node !== undefined && node.source?.kind !== 'variable' && isSmall(node.shape);
}
