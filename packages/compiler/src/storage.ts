// Where realised values lie: in a block of the shared memory, in an array of JavaScript's own, or both. The array is what
// the garbage collector understands even while synchronous code runs; so when blocks grow many, values that were not needed
// for long are moved out to arrays, and come back when they are read by a plan. A block of a value that the program forgot
// is freed when the collector says so, or at once by `release`.

import type { Dtype, Storage } from '@treadle/graph';
import { type Block, memory } from '@treadle/pool';

export type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** Bytes of realised values in blocks above which old ones are moved out. */
const blockBudget = 512 * 2 ** 20;

let bytesInBlocks = 0;
/** Sweeps so far: a value that was not bound to a run since the last one is old. */
let sweeps = 0;
/** bytes in blocks that bring about the next sweep */
let nextSweep = blockBudget;
const holders = new Set<WeakRef<StoredValue>>();
/** While a run is under way blocks must stay where they are: frees wait here. */
let runsUnderWay = 0;
const waitingFrees: Block[] = [];

const forgotten = new FinalizationRegistry<{ block: Block; ref: WeakRef<StoredValue> }>(({ block, ref }) => {
  holders.delete(ref);
  freeBlock(block);
});

function freeBlock(block: Block): void {
  bytesInBlocks -= block.byteLength;
  if (runsUnderWay > 0) waitingFrees.push(block);
  else memory.free(block);
}

/** Marks the time in which a run reads and writes blocks while the program goes on. */
export function holdBlocks(): () => void {
  runsUnderWay++;
  return () => {
    runsUnderWay--;
    if (runsUnderWay === 0) for (const block of waitingFrees.splice(0)) memory.free(block);
  };
}

export class StoredValue implements Storage {
  readonly length: number;
  readonly dtype: Dtype;
  #block: Block | undefined;
  #values: Values | undefined;
  #ref: WeakRef<StoredValue> | undefined;
  #released = false;
  #lastSweep = sweeps;
  /** whether it may be moved out: a variable keeps its address */
  readonly #movable: boolean;

  private constructor(length: number, dtype: Dtype, movable = true) {
    this.length = length;
    this.dtype = dtype;
    this.#movable = movable;
  }

  /** A value not yet written: a block for a plan to write to. */
  static allocate(length: number, dtype: Dtype): StoredValue {
    const stored = new StoredValue(length, dtype);
    stored.#takeBlock();
    return stored;
  }

  /** A value that stays in one block until it is released: what a variable holds. */
  static fixed(values: Values, dtype: Dtype): StoredValue {
    const stored = new StoredValue(values.length, dtype, false);
    viewOf(stored.#takeBlock(), values.length, dtype).set(values);
    return stored;
  }

  /** Takes over the array; bools are masks, 0 or −1. */
  static of(values: Values, dtype: Dtype): StoredValue {
    const stored = new StoredValue(values.length, dtype);
    stored.#values = values;
    return stored;
  }

  /** How many values have a block. */
  static get count(): number {
    return holders.size;
  }

  get isReleased(): boolean {
    return this.#released;
  }

  /** the sweeps there had been when the value was last bound to a run */
  get lastSweep(): number {
    return this.#lastSweep;
  }

  address(): number {
    if (this.#released) throw new Error('tensor: it must not be used after dispose()');
    this.#lastSweep = sweeps;
    if (!this.#block) {
      const values = this.#values;
      const block = this.#takeBlock();
      if (values) viewOf(block, this.length, this.dtype).set(values);
      this.#values = undefined;
      return block.byteOffset;
    }
    return this.#block.byteOffset;
  }

  /** The values, in an array of their own. */
  read(): Values {
    if (this.#released) throw new Error('tensor: it must not be read after dispose()');
    if (this.#values) return this.#values.slice();
    if (!this.#block) throw new Error('internal: a value is neither in a block nor in an array');
    return copyWords(this.#block.byteOffset / 4, this.length, this.dtype);
  }

  /** Overwrites the values in place. */
  write(values: Values): void {
    if (this.#block) viewOf(this.#block, this.length, this.dtype).set(values);
    else this.#values = values.slice();
  }

  /** Moves the value to an array of JavaScript's, and frees the block. */
  moveOut(): void {
    if (!this.#block || !this.#movable) return;
    this.#values = this.read();
    this.#dropBlock();
  }

  /** Frees at once; the value must not be used again. */
  release(): void {
    this.#released = true;
    this.#values = undefined;
    this.#dropBlock();
  }

  #takeBlock(): Block {
    const bytes = 4 * this.length;
    const block = memory.allocate(bytes);
    bytesInBlocks += block.byteLength;
    const ref = new WeakRef(this);
    holders.add(ref);
    forgotten.register(this, { block, ref }, ref);
    this.#block = block;
    this.#ref = ref;
    return block;
  }

  #dropBlock(): void {
    if (!this.#block || !this.#ref) return;
    forgotten.unregister(this.#ref);
    holders.delete(this.#ref);
    freeBlock(this.#block);
    this.#block = undefined;
    this.#ref = undefined;
  }
}

/** Moves old values out when there are many; called before a run is bound, never during one. */
export function makeRoom(): void {
  if (bytesInBlocks < nextSweep || runsUnderWay > 0) return;
  for (const ref of holders) {
    const value = ref.deref();
    if (value && value.lastSweep < sweeps) value.moveOut();
  }
  sweeps++;
  // What is left is in use; only half as much again is a reason to look anew.
  nextSweep = Math.max(blockBudget, bytesInBlocks + blockBudget / 2);
}

/** Up to this many words a loop is faster than a view and a copy of it. */
const fewWords = 128;

/** The words from `word` on, in an array of their own. */
export function copyWords(word: number, length: number, dtype: Dtype): Values {
  const words = dtype === 'float32' ? memory.f32 : memory.i32;
  if (length > fewWords) return words.slice(word, word + length);
  const copy = dtype === 'float32' ? new Float32Array(length) : new Int32Array(length);
  for (let i = 0; i < length; i++) copy[i] = words[word + i] ?? 0;
  return copy;
}

function viewOf(
  block: Block,
  length: number,
  dtype: Dtype,
): Float32Array<SharedArrayBuffer> | Int32Array<SharedArrayBuffer> {
  const from = block.byteOffset / 4;
  const all = dtype === 'float32' ? memory.f32 : memory.i32;
  return all.subarray(from, from + length);
}
