// The memory of a plan: one block of the shared memory with the plan's table, and after it all that has its place there (numbers, small
// values, padded values, intermediates). Binding a run writes the addresses of its sources and outputs into the address lists. The block is
// taken when a run needs it, and can be reclaimed between runs.

import { type Dtype, dtypes, type Source, showShape, sizeOf } from '@treadle/graph';
import { bytesOf, type Refusal, readRecord, type Slot } from '@treadle/kernels';
import { type Block, memory } from '@treadle/runtime';
import { type PaddedRows, packRows, padRows } from '../dynamic-batch/padded-rows.ts';
import { type BlockLayout, type Draft, isSmall } from '../schedule/draft.ts';
import { elementsOf } from '../values/backing.ts';
import { allocateBlock, markInUse, markReclaimable, type Reclaimable } from '../values/blocks.ts';
import { StoredValue } from '../values/stored-value.ts';
import type { Binding } from './binding.ts';
import type { Output, SlotSpec } from './slot-spec.ts';
import { BoundSlot, type TableLayout } from './table-layout.ts';

/** A slot and its words in the table. */
interface SlotInTable {
  readonly at: Slot;
  readonly slot: BoundSlot;
}

/** A source and how it is bound. */
interface BoundSource extends SlotInTable {
  readonly source: number;
  readonly dtype: Dtype;
  /** where the source has a dynamic axis */
  readonly padded: PaddedRows | undefined;
}

/** The values of a run's outputs; undefined for one that is copied out of the plan's block after the run. */
export type OutputValues = readonly (StoredValue | undefined)[];

/** The memory that was bound last is not reclaimed: its plan is about to run. */
let latest: PlanMemory | undefined;

/** The block of a plan: takes it, binds runs to it, and reads their outputs from it. */
export class PlanMemory implements Reclaimable {
  readonly #table: TableLayout;
  readonly #layout: BlockLayout;
  /** the most rows of a run, if the batch is dynamic; otherwise 1 */
  readonly #rows: number;
  readonly #outputs: readonly Output[];
  readonly #slots: readonly BoundSlot[];
  readonly #outputSlots: readonly SlotInTable[];
  readonly #sources: readonly BoundSource[];
  readonly #targets: readonly (readonly [slot: BoundSlot, root: number])[];
  readonly #shifted: readonly { readonly slot: BoundSlot; readonly of: BoundSlot; by(rows: number): number }[];
  readonly #rowCounts: readonly (readonly [at: Slot, times: number])[];
  readonly #refusals: readonly Refusal[];
  #block: Block | undefined;
  /** by slot that lies in the block: its address */
  #addresses: readonly (number | undefined)[] = [];

  constructor({ lowered, layout, rows }: Draft, table: TableLayout, refusals: readonly Refusal[]) {
    this.#table = table;
    this.#layout = layout;
    this.#rows = rows;
    this.#outputs = lowered.outputs;
    this.#refusals = refusals;
    const slots = lowered.slots.map((_, slot) => new BoundSlot(table.uses.get(slot) ?? []));
    this.#slots = slots;
    this.#outputSlots = slotsOfOutputs(lowered.slots).map((at) => ({ at, slot: required(slots[at]) }));
    this.#targets = lowered.slots.flatMap((spec, at) =>
      spec.kind === 'target' ? [[required(slots[at]), spec.root] as const] : [],
    );
    this.#sources = lowered.slots.flatMap((spec, at): BoundSource[] => {
      if (spec.kind !== 'source') return [];
      const { source, dtype } = spec;
      return [{ at, slot: required(slots[at]), source, dtype, padded: layout.padded.get(at) }];
    });
    this.#shifted = lowered.slots.flatMap((spec, at) =>
      spec.kind === 'shifted'
        ? [{ slot: required(slots[at]), of: required(slots[spec.of]), by: (count: number) => spec.by(count) }]
        : [],
    );
    this.#rowCounts = lowered.slots.flatMap((spec, at) =>
      spec.kind === 'rowCount' ? [[at, spec.times] as const] : [],
    );
  }

  /** The size of the block. */
  get bytes(): number {
    return roundUp(4 * this.#table.words.length) + this.#layout.bytes;
  }

  /** Frees the block until the next run, unless that is about to begin. */
  reclaim(): void {
    if (this !== latest) this.free();
  }

  /** Frees the block. */
  free(): void {
    const block = this.leaveBlock();
    if (block) memory.free(block);
  }

  /** Leaves the block to the caller, who frees it. */
  leaveBlock(): Block | undefined {
    const block = this.#block;
    if (!block) return undefined;
    this.#block = undefined;
    markInUse(this);
    return block;
  }

  /** Makes sure that there is a block, with the table in it. To be called before newOutputs and bind. */
  enterBlock(): void {
    latest = this;
    if (this.#block) return;
    const block = allocateBlock(this.bytes);
    markReclaimable(this);
    this.#block = block;
    memory.i32.set(this.#table.words, block.byteOffset / 4);
    for (const slot of this.#slots) slot.moveTo(block.byteOffset / 4);
    const begin = block.byteOffset + roundUp(4 * this.#table.words.length);
    const addresses: (number | undefined)[] = this.#slots.map(() => undefined);
    for (const [slot, offset] of this.#layout.offsets) {
      addresses[slot] = begin + offset;
      required(this.#slots[slot]).address = begin + offset;
    }
    this.#addresses = addresses;
  }

  /** Values for the outputs of a run that is not bound yet. */
  promiseOutputs(rows: number): readonly StoredValue[] {
    return this.#outputs.map(({ shape, dtype, batchAxis }) =>
      StoredValue.promised(batchAxis === undefined ? sizeOf(shape) : (sizeOf(shape) / this.#rows) * rows, dtype),
    );
  }

  /** Adds the outputs of a run to `outputs`, one by one, so that the caller can free them if there is no memory for the next. */
  addOutputs(outputs: (StoredValue | undefined)[], rows: number): void {
    for (const output of this.#outputs) outputs.push(this.#newOutput(output, rows));
  }

  /** An output that is small, or has fewer rows than its buffer, is copied out of the plan's block after the run. */
  #newOutput({ shape, dtype, batchAxis }: Output, rows: number): StoredValue | undefined {
    if (isSmall(shape) || (batchAxis !== undefined && rows < this.#rows)) return undefined;
    try {
      return StoredValue.allocate(sizeOf(shape), dtype);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`tensor: no memory for a result of ${showShape(shape)} ${dtype}; ${error.message}`);
    }
  }

  /** Writes all that a run reads from the table and the block. Returns the address of the table. */
  bind({ sources, args, targets }: Binding, rows: number, outputs: OutputValues): number {
    outputs.forEach((output, i) => {
      const { slot, at } = required(this.#outputSlots[i]);
      slot.address = output ? output.address() : required(this.#addresses[at]);
    });
    for (const [slot, root] of this.#targets) slot.address = required(targets[root]).address();
    for (const { slot } of this.#refusals) memory.i32.fill(0, this.#word(slot), this.#word(slot) + 2);
    for (const [at, times] of this.#rowCounts) setNumber(required(this.#addresses[at]), times * rows, 'int32');
    for (const bound of this.#sources) {
      const source = required(sources[bound.source]);
      if (bound.padded && rows < this.#rows) this.#copyPadded(bound, bound.padded, rows, source, args);
      else this.#bindSource(bound, source, args);
    }
    for (const { slot, of, by } of this.#shifted) slot.address = of.address + by(rows);
    const table = required(this.#block).byteOffset;
    for (const { word, perRow } of this.#table.iterationWords) memory.i32[table / 4 + word] = perRow * rows;
    return table;
  }

  /** Copies an argument of fewer rows into the block: kernels may read padding, so there must be memory behind the last row. */
  #copyPadded(
    { slot, at }: BoundSource,
    padded: PaddedRows,
    rows: number,
    source: Source,
    args: readonly StoredValue[],
  ): void {
    const address = this.#addresses[at];
    if (source.kind !== 'argument' || address === undefined)
      throw new Error('internal: only arguments have fewer rows');
    const from = required(args[source.index]).address(address);
    padRows(padded, (padded.bytes / this.#rows) * rows, from, address);
    slot.address = address;
  }

  #bindSource({ slot, at, dtype }: BoundSource, source: Source, args: readonly StoredValue[]): void {
    const address = this.#addresses[at];
    switch (source.kind) {
      case 'number':
      case 'constant':
        return setNumber(required(address), source.value, dtype);
      case 'drawn':
        return setNumber(required(address), source.draw(), dtype);
      case 'argument':
        slot.address = required(args[source.index]).address(address);
        return;
      case 'variable':
        slot.address = source.state.storage.address();
        return;
      case 'stored':
        slot.address = source.storage.address(address);
    }
  }

  /** The first word of what lies in the block for a slot. */
  #word(slot: Slot): number {
    return required(this.#addresses[slot]) / 4;
  }

  /** The error of the first kernel that has refused what it read in the latest run; undefined if none has. */
  refusal(): Error | undefined {
    for (const refusal of this.#refusals) {
      const word = this.#word(refusal.slot);
      const found = readRecord(memory.i32[word] ?? 0, memory.i32[word + 1] ?? 0);
      if (found) return refusal.error(found.position, found.bits);
    }
    return undefined;
  }

  /** The outputs of the latest run, complete with those that are copied out of the block. */
  collect(rows: number, outputs: OutputValues): readonly StoredValue[] {
    return outputs.map((output, i) => {
      if (output) return output;
      const { shape, dtype } = required(this.#outputs[i]);
      const { at } = required(this.#outputSlots[i]);
      const address = required(this.#addresses[at]);
      const padded = this.#layout.padded.get(at);
      if (!padded || rows === this.#rows) return StoredValue.copy(address, sizeOf(shape), dtype);
      packRows(padded, (padded.bytes / this.#rows) * rows, address);
      return StoredValue.copy(address, (sizeOf(shape) / this.#rows) * rows, dtype);
    });
  }
}

/** Stores a number. Nearly all are float32 or int32, for which a comparison is faster than a look at the table of dtypes. */
function setNumber(byteOffset: number, value: number, dtype: Dtype): void {
  if (dtype === 'float32') memory.f32[byteOffset / 4] = value;
  else if (dtype === 'int32') memory.i32[byteOffset / 4] = value;
  else {
    const row = dtypes[dtype];
    elementsOf(row)[byteOffset / bytesOf(row.narrow)] = value;
  }
}

/** By output: its slot. */
function slotsOfOutputs(specs: readonly SlotSpec[]): readonly Slot[] {
  const slots: Slot[] = [];
  specs.forEach((spec, slot) => {
    if (spec.kind === 'output') slots[spec.output] = slot;
  });
  return slots;
}

function required<T>(x: T | undefined): T {
  if (x === undefined) throw new Error('internal: a run lacks something that it binds');
  return x;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
