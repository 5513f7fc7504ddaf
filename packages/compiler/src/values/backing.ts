// The memory behind a value: a block of the shared memory, an array of JavaScript's own, or both. Only arrays are known to the garbage
// collector while synchronous code runs. So when blocks take much memory, values that no recent run has used are evicted: copied to
// arrays, and copied back when a plan reads them. A block whose value the program has forgotten is freed when the collector says so.

import { byteLength, type Dtype, type DtypeRow, dtypes, type StoredArray } from '@treadle/graph';
import { bytesOf } from '@treadle/kernels';
import { type Block, memory, type SharedMemory } from '@treadle/runtime';
import { allocateBlock, freeBlock, freeWhenGone, markReclaimable } from './blocks.ts';

/** A part of the shared memory, as stored elements. */
export type SharedView = SharedMemory[DtypeRow['view']];

/** A value of few elements is kept as numbers: a small typed array costs more to make than to fill. */
export type ArrayValues = StoredArray | readonly number[];

/** A value that so many runs have copied gets a block. */
const mostCopies = 8;

/** New blocks of so many bytes cause a sweep. So blocks of forgotten values take at most twice as much. */
const sweepBytes = 256 * 2 ** 20;

let bytesInBlocks = 0;
/** The number of sweeps so far. A value that was not bound since the last one is evicted by the next. */
let sweeps = 0;
/** bytes of the blocks that were allocated since the last sweep */
let bytesTaken = 0;
/** The number of runs that were bound so far. While a run is bound, its values keep their blocks. */
let bindings = 0;
let isBinding = false;
/** The backings with blocks. They hold no reference to their values, so a value can be forgotten and leave its backing behind. */
const withBlocks = new Set<Backing>();

const forgotten = new FinalizationRegistry<Backing>((backing) => backing.leaveBlock());

/**
 * The memory of one value. It is an object of its own because a sweep visits all backings: visiting the values themselves, even through
 * a WeakRef, would keep them alive until synchronous code ends.
 */
export class Backing {
  readonly length: number;
  readonly dtype: Dtype;
  /** whether the value may be evicted; that of a variable may not, because it is used again and again */
  readonly isEvictable: boolean;
  block: Block | undefined;
  values: ArrayValues | undefined;
  /** how many runs have copied the value */
  copies = 0;
  isReleased = false;
  /** how many runs that were asked for, and are not over, write the value */
  writers = 0;
  /** the number of the latest run that it was bound to */
  binding = -1;
  /** the number of sweeps when it was last bound to a run */
  lastSweep: number = sweeps;

  constructor(length: number, dtype: Dtype, isMovable: boolean) {
    this.length = length;
    this.dtype = dtype;
    this.isEvictable = isMovable;
  }

  /** Notes that a run that is being bound uses the value. */
  noteBinding(): void {
    this.lastSweep = sweeps;
    this.binding = bindings;
  }

  /** Copies the value, which is in an array, into memory of the caller, unless it has been copied so often that it deserves a block. */
  copyInstead(byteOffset: number): boolean {
    if (!this.values || this.copies++ >= mostCopies) return false;
    this.copyTo(byteOffset);
    return true;
  }

  /** Allocates a block. It is freed when `value`, whose backing this is, has been forgotten. */
  enterBlock(value: object): Block {
    const block = allocateBlock(byteLength(this.dtype, [this.length]));
    bytesInBlocks += block.byteLength;
    bytesTaken += block.byteLength;
    this.block = block;
    this.binding = bindings;
    withBlocks.add(this);
    forgotten.register(value, this, this);
    return block;
  }

  /** Frees the block. */
  leaveBlock(): void {
    if (!this.block) return;
    forgotten.unregister(this);
    withBlocks.delete(this);
    bytesInBlocks -= this.block.byteLength;
    freeBlock(this.block);
    this.block = undefined;
  }

  /** Moves the value from its block to an array. */
  evict(): void {
    if (!this.block) return;
    this.values = this.read();
    this.leaveBlock();
  }

  /** Moves the value to an array, unless it is released, and frees the block when the threads that may write to it are gone. */
  leaveBlockWhenGone(gone: Promise<void>): void {
    const { block } = this;
    if (!block) return;
    if (!this.isReleased) this.values = copyElements(block.byteOffset, this.length, this.dtype);
    forgotten.unregister(this);
    withBlocks.delete(this);
    this.block = undefined;
    bytesInBlocks -= block.byteLength;
    void freeWhenGone(gone, block);
  }

  /** The elements, in a new array. */
  read(): StoredArray {
    if (this.values) return copyOf(this.values, this.dtype);
    if (!this.block) throw new Error('internal: a value is neither in a block nor in an array');
    return copyElements(this.block.byteOffset, this.length, this.dtype);
  }

  /** Copies as many elements as `to` holds, from element `first` on. */
  readPart(first: number, to: StoredArray): void {
    const { values, block, dtype } = this;
    if (values) to.set(partOf(values, first, first + to.length));
    else if (block) to.set(viewAt(block.byteOffset, this.length, dtype).subarray(first, first + to.length));
    else throw new Error('internal: a value is neither in a block nor in an array');
  }

  /** Copies the elements to a part of the shared memory. */
  write(to: SharedView): void {
    if (this.values) to.set(this.values);
    else if (this.block) to.set(viewAt(this.block.byteOffset, this.length, this.dtype));
    else throw new Error('internal: a value is neither in a block nor in an array');
  }

  /** Copies the elements, which are in an array, to the shared memory. */
  copyTo(byteOffset: number): void {
    const { values, length, dtype } = this;
    if (!values) throw new Error('internal: a value that is copied is in an array');
    const row = dtypes[dtype];
    const all = elementsOf(row);
    const first = byteOffset / bytesOf(row.narrow);
    if (length > fewElements) all.set(values, first);
    else for (let i = 0; i < length; i++) all[first + i] = values[i] ?? 0;
  }
}

/** Begins to bind a run, and evicts old values if blocks take much memory. No run may be under way. */
export function beginBinding(): void {
  bindings++;
  isBinding = true;
  if (bytesTaken < sweepBytes) return;
  if (bytesInBlocks > sweepBytes) {
    for (const backing of withBlocks) if (backing.isEvictable && backing.lastSweep !== sweeps) backing.evict();
  }
  sweeps++;
  bytesTaken = 0;
}

/** Ends binding: the run begins, or has failed to. */
export function endBinding(): void {
  isBinding = false;
}

/** The number of values that have a block. */
export function blockCount(): number {
  return withBlocks.size;
}

// Values are the first to free their memory: all but those of the run that is being bound.
markReclaimable({
  reclaim: () => {
    for (const backing of withBlocks) if (!isBinding || backing.binding !== bindings) backing.evict();
  },
});

/** The shared memory as elements of a dtype. Each view is named, because V8 is slow at a getter whose name it does not know. */
export function elementsOf({ view }: DtypeRow): SharedView {
  if (view === 'f32') return memory.f32;
  if (view === 'i32') return memory.i32;
  return view === 'u8' ? memory.u8 : memory.u16;
}

/** For so few elements a loop is faster than copying a view. */
const fewElements = 128;

/** The stored elements from an address on, in a new array. */
function copyElements(byteOffset: number, length: number, dtype: Dtype): StoredArray {
  const row = dtypes[dtype];
  const copy = row.newArray(length);
  if (length > fewElements) {
    copy.set(viewAt(byteOffset, length, dtype)); // V8 is faster at this than at slice
    return copy;
  }
  const elements = elementsOf(row);
  const first = byteOffset / bytesOf(row.narrow);
  for (let i = 0; i < length; i++) copy[i] = elements[first + i] ?? 0;
  return copy;
}

/** Elements [from, to), as a view where there is an array to view. */
function partOf(values: ArrayValues, from: number, to: number): ArrayValues {
  return ArrayBuffer.isView(values) ? values.subarray(from, to) : values.slice(from, to);
}

/** The same elements in a new array. */
function copyOf(values: ArrayValues, dtype: Dtype): StoredArray {
  if (ArrayBuffer.isView(values)) return values.slice(); // `set` of numbers goes through them one by one
  const copy = dtypes[dtype].newArray(values.length);
  copy.set(values);
  return copy;
}

/** A copy of stored elements from an address on: as numbers if they are few. */
export function arrayValues(byteOffset: number, length: number, dtype: Dtype): ArrayValues {
  return length > fewElements ? copyElements(byteOffset, length, dtype) : copyNumbers(byteOffset, length, dtype);
}

function copyNumbers(byteOffset: number, length: number, dtype: Dtype): readonly number[] {
  const row = dtypes[dtype];
  const elements = elementsOf(row);
  const first = byteOffset / bytesOf(row.narrow);
  const copy: number[] = [];
  for (let i = 0; i < length; i++) copy.push(elements[first + i] ?? 0);
  return copy;
}

/** Stored elements from an address on, as a typed array in the shared memory. */
export function viewAt(byteOffset: number, length: number, dtype: Dtype): SharedView {
  const row = dtypes[dtype];
  const elements = elementsOf(row);
  const first = byteOffset / bytesOf(row.narrow);
  return elements.subarray(first, first + length);
}
