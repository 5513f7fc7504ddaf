// Where realised values lie: in a block of the shared memory, in an array of JavaScript's own, or both. The array is what
// the garbage collector understands even while synchronous code runs; so when blocks grow many, values that were not needed
// for long are moved out to arrays, and come back when they are read by a plan. A block of a value that the program forgot
// is freed when the collector says so, or at once when the last one that holds it lets go.

import type { Dtype, Storage } from '@treadle/graph';
import { type Block, memory, team } from '@treadle/pool';

export type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** A value of few words is kept as numbers: small typed arrays cost more to make than to fill. */
type Kept = Values | readonly number[];

/** A value that so many runs have copied is worth a block. */
const mostCopies = 8;

/** How many bytes of new blocks bring about a sweep; so blocks that nobody needs hold twice as much at most. */
const sweepBytes = 256 * 2 ** 20;

let bytesInBlocks = 0;
/** Sweeps so far: a value that was not bound to a run since the last one is old. */
let sweeps = 0;
/** bytes of the blocks that were taken since the last sweep */
let bytesTaken = 0;
/** The homes that are blocks. They do not keep the values that live there: a value that is forgotten leaves its home behind. */
const blocks = new Set<Home>();
/** While a run is under way blocks must stay where they are: frees wait here. */
let runsUnderWay = 0;
const waitingFrees: Block[] = [];

/** Whether asynchronous runs, which may write variables, are not finished yet. */
export function areRunsUnderWay(): boolean {
  return runsUnderWay > 0;
}

/** Values that live in blocks, with their homes. */
const forgotten = new FinalizationRegistry<Home>((home) => home.leaveBlock());

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

/**
 * Where one value lies. It is an object of its own, for homes are looked through when blocks grow many: a look at the values
 * themselves, even through a WeakRef, would keep them all until synchronous code has ended.
 */
class Home {
  readonly length: number;
  readonly dtype: Dtype;
  /** whether the value may be moved out: that of a variable keeps its address */
  readonly isMovable: boolean;
  block: Block | undefined;
  values: Kept | undefined;
  /** how many runs have copied it */
  copies = 0;
  isReleased = false;
  /** the sweeps there had been when the value was last bound to a run */
  lastSweep: number = sweeps;

  constructor(length: number, dtype: Dtype, isMovable: boolean) {
    this.length = length;
    this.dtype = dtype;
    this.isMovable = isMovable;
  }

  /** Takes a block, for a value that is told of when it is forgotten. */
  enterBlock(value: StoredValue): Block {
    const block = memory.allocate(4 * this.length);
    bytesInBlocks += block.byteLength;
    bytesTaken += block.byteLength;
    this.block = block;
    blocks.add(this);
    forgotten.register(value, this, this);
    return block;
  }

  leaveBlock(): void {
    if (!this.block) return;
    forgotten.unregister(this);
    blocks.delete(this);
    freeBlock(this.block);
    this.block = undefined;
  }

  /** The values, in an array of their own. */
  read(): Values {
    if (this.values) return this.dtype === 'float32' ? Float32Array.from(this.values) : Int32Array.from(this.values);
    if (!this.block) throw new Error('internal: a value is neither in a block nor in an array');
    return copyWords(this.block.byteOffset / 4, this.length, this.dtype);
  }

  /** Writes the values, which are in an array, to the shared memory. */
  copyTo(byteOffset: number): void {
    const { values, length, dtype } = this;
    if (!values) throw new Error('internal: a value that is copied is in an array');
    const all = dtype === 'float32' ? memory.f32 : memory.i32;
    const first = byteOffset / 4;
    if (length > fewWords) all.set(values, first);
    else for (let i = 0; i < length; i++) all[first + i] = values[i] ?? 0;
  }
}

/** Elements of another value, from `first` on. */
interface Part {
  readonly of: StoredValue;
  readonly first: number;
}

export class StoredValue implements Storage {
  readonly #home: Home;
  readonly #part: Part | undefined;
  #holders = 0;

  private constructor(length: number, dtype: Dtype, isMovable = true, part?: Part) {
    this.#home = new Home(length, dtype, isMovable);
    this.#part = part;
    part?.of.hold();
  }

  /** A value not yet written: a block for a plan to write to. */
  static allocate(length: number, dtype: Dtype): StoredValue {
    const stored = new StoredValue(length, dtype);
    stored.#home.enterBlock(stored);
    return stored;
  }

  /** A value that stays in one block until it is released: what a variable holds. */
  static fixed(values: Values, dtype: Dtype): StoredValue {
    const stored = new StoredValue(values.length, dtype, false);
    viewOf(stored.#home.enterBlock(stored), values.length, dtype).set(values);
    return stored;
  }

  /** Takes over the array; bools are masks, 0 or −1. */
  static of(values: Values, dtype: Dtype): StoredValue {
    const stored = new StoredValue(values.length, dtype);
    stored.#home.values = values;
    return stored;
  }

  /** The words of the shared memory from `word` on, copied. */
  static copy(word: number, length: number, dtype: Dtype): StoredValue {
    const stored = new StoredValue(length, dtype);
    stored.#home.values = length > fewWords ? copyWords(word, length, dtype) : copyNumbers(word, length, dtype);
    return stored;
  }

  /** Some elements of a value, which lie in its block and nowhere else. */
  static part(of: StoredValue, first: number, length: number): StoredValue {
    return new StoredValue(length, of.#home.dtype, false, { of, first });
  }

  /** How many values have a block. */
  static get count(): number {
    return blocks.size;
  }

  /** in elements */
  get length(): number {
    return this.#home.length;
  }

  address(room?: number): number {
    const home = this.#home;
    if (home.isReleased) throw disposed();
    home.lastSweep = sweeps;
    if (this.#part) return this.#part.of.address() + 4 * this.#part.first;
    if (home.block) return home.block.byteOffset;
    if (home.values && room !== undefined && home.copies++ < mostCopies) {
      home.copyTo(room);
      return room;
    }
    const block = home.enterBlock(this);
    if (home.values) home.copyTo(block.byteOffset);
    home.values = undefined;
    return block.byteOffset;
  }

  /** The values, in an array of their own. */
  read(): Values {
    if (this.#home.isReleased) throw disposed();
    if (this.#part) {
      const { of, first } = this.#part;
      return of.read().slice(first, first + this.length);
    }
    if (runsUnderWay > 0 && this.#home.block) team.finish(); // a run may be writing it
    return this.#home.read();
  }

  /** The same value once more. */
  copy(): StoredValue {
    const { block, length, dtype } = this.#home;
    if (runsUnderWay > 0 || !block) return StoredValue.of(this.read(), dtype);
    return StoredValue.copy(block.byteOffset / 4, length, dtype);
  }

  hold(): void {
    this.#holders++;
  }

  letGo(): void {
    if (--this.#holders !== 0) return;
    this.#home.isReleased = true;
    this.#home.values = undefined;
    this.#home.leaveBlock();
    this.#part?.of.letGo();
  }
}

/** What every use of something disposed of throws. */
export function disposed(): Error {
  return new Error('tensor: a tensor must not be used after dispose(); got one that was disposed of');
}

/** Moves old values out to arrays when there are many; called before a run is bound, never during one. */
export function makeRoom(): void {
  if (bytesTaken < sweepBytes || runsUnderWay > 0) return;
  if (bytesInBlocks > sweepBytes) {
    for (const home of blocks) {
      if (!home.isMovable || home.lastSweep === sweeps) continue;
      home.values = home.read();
      home.leaveBlock();
    }
  }
  sweeps++;
  bytesTaken = 0;
}

/** Up to this many words a loop is faster than a view and a copy of it. */
const fewWords = 128;

/** The words from `word` on, in an array of their own. */
export function copyWords(word: number, length: number, dtype: Dtype): Values {
  const words = dtype === 'float32' ? memory.f32 : memory.i32;
  const copy = dtype === 'float32' ? new Float32Array(length) : new Int32Array(length);
  if (length > fewWords) {
    copy.set(words.subarray(word, word + length)); // V8 is faster at this than at slice
    return copy;
  }
  for (let i = 0; i < length; i++) copy[i] = words[word + i] ?? 0;
  return copy;
}

function copyNumbers(word: number, length: number, dtype: Dtype): readonly number[] {
  const words = dtype === 'float32' ? memory.f32 : memory.i32;
  const copy: number[] = [];
  for (let i = 0; i < length; i++) copy.push(words[word + i] ?? 0);
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
