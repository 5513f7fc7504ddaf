// Where realised values lie: in a block of the shared memory, in an array of JavaScript's own, or both. The array is what
// the garbage collector understands even while synchronous code runs; so when blocks grow many, values that were not needed
// for long are moved out to arrays, and come back when they are read by a plan. A block of a value that the program forgot
// is freed when the collector says so, or at once when the last one that holds it lets go.

import { byteLength, type Dtype, type DtypeRow, dtypes, type Storage, type StoredArray } from '@treadle/graph';
import { bytesOf } from '@treadle/kernels';
import { type Block, memory, mostBytes, type SharedMemory, team } from '@treadle/runtime';

/** A part of the shared memory that shows stored elements. */
type View = SharedMemory[DtypeRow['view']];

/** A value of few words is kept as numbers: small typed arrays cost more to make than to fill. */
type Kept = StoredArray | readonly number[];

/** A value that so many runs have copied is worth a block. */
const mostCopies = 8;

/** How many bytes of new blocks bring about a sweep; so blocks that nobody needs hold twice as much at most. */
const sweepBytes = 256 * 2 ** 20;

let bytesInBlocks = 0;
/** Sweeps so far: a value that was not bound to a run since the last one is old. */
let sweeps = 0;
/** bytes of the blocks that were taken since the last sweep */
let bytesTaken = 0;
/** Runs that were bound so far. While one is being bound, what is bound to it keeps its block. */
let bindings = 0;
let isBinding = false;
/** The homes that are blocks. They do not keep the values that live there: a value that is forgotten leaves its home behind. */
const blocks = new Set<Home>();
/** Blocks that were given back while a run was under way, which may still read or write them. */
const waitingFrees: Block[] = [];
/** Memory that can be done without until it is needed again, as that of plans between their runs. */
const spare = new Set<Spare>();

/** What gives its memory back when there is too little of it. */
export interface Spare {
  /** Called between runs only. */
  giveBack(): void;
}

/** Values that live in blocks, with their homes. */
const forgotten = new FinalizationRegistry<Home>((home) => home.leaveBlock());

function freeBlock(block: Block): void {
  bytesInBlocks -= block.byteLength;
  if (team.isRunning) waitingFrees.push(block);
  else memory.free(block);
}

/** Frees what was given back while a run was under way that is over now. */
export function freeWaiting(): void {
  if (waitingFrees.length === 0) return;
  for (const block of waitingFrees.splice(0)) memory.free(block);
}

/** The same where threads of a run that failed may still write. */
export async function freeWhenGone(gone: Promise<void>, ...put: readonly Block[]): Promise<void> {
  const waiting = waitingFrees.splice(0);
  await gone;
  for (const block of [...put, ...waiting]) memory.free(block);
}

/** A block of the shared memory, for which everything that can do without its own gives it up if need be. */
export function allocateBlock(bytes: number): Block {
  try {
    return memory.allocate(bytes);
  } catch (error) {
    if (!(error instanceof RangeError) || bytes > mostBytes) throw error;
    if (team.isRunning) team.finish();
    emptyMemory();
    return memory.allocate(bytes);
  }
}

/** Empties the memory but for what is bound to the run that is being prepared. */
function emptyMemory(): void {
  for (const home of blocks) if (!isBinding || home.binding !== bindings) home.moveOut();
  for (const each of [...spare]) each.giveBack();
  team.rest();
}

export function isSpare(owner: Spare): void {
  spare.add(owner);
}

export function isNeeded(owner: Spare): void {
  spare.delete(owner);
}

/**
 * Where one value lies. It is an object of its own, for homes are looked through when blocks grow many: a look at the values
 * themselves, even through a WeakRef, would keep them all until synchronous code has ended.
 */
class Home {
  readonly length: number;
  readonly dtype: Dtype;
  /** whether the value may be moved out when it is old: that of a variable is needed again and again */
  readonly isMovable: boolean;
  block: Block | undefined;
  values: Kept | undefined;
  /** how many runs have copied it */
  copies = 0;
  isReleased = false;
  /** how many runs that have been asked for write it */
  writers = 0;
  /** the latest run that it was bound to */
  binding = -1;
  /** the sweeps there had been when the value was last bound to a run */
  lastSweep: number = sweeps;

  constructor(length: number, dtype: Dtype, isMovable: boolean) {
    this.length = length;
    this.dtype = dtype;
    this.isMovable = isMovable;
  }

  /** Takes a block, for a value that is told of when it is forgotten. */
  enterBlock(value: StoredValue): Block {
    const block = allocateBlock(byteLength(this.dtype, [this.length]));
    bytesInBlocks += block.byteLength;
    bytesTaken += block.byteLength;
    this.block = block;
    this.binding = bindings;
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

  /** Leaves the block for an array. */
  moveOut(): void {
    if (!this.block) return;
    this.values = this.read();
    this.leaveBlock();
  }

  /** Leaves the block, to which threads may write until they are gone; values that are no more wanted stay behind. */
  moveAside(gone: Promise<void>): void {
    const { block } = this;
    if (!block) return;
    if (!this.isReleased) this.values = copyElements(block.byteOffset, this.length, this.dtype);
    forgotten.unregister(this);
    blocks.delete(this);
    this.block = undefined;
    bytesInBlocks -= block.byteLength;
    void freeWhenGone(gone, block);
  }

  /** The values, in an array of their own. */
  read(): StoredArray {
    if (this.values) return copyOf(this.values, this.dtype);
    if (!this.block) throw new Error('internal: a value is neither in a block nor in an array');
    return copyElements(this.block.byteOffset, this.length, this.dtype);
  }

  /** Writes the values to a part of the shared memory. */
  write(to: View): void {
    if (this.values) to.set(this.values);
    else if (this.block) to.set(viewAt(this.block.byteOffset, this.length, this.dtype));
    else throw new Error('internal: a value is neither in a block nor in an array');
  }

  /** Writes the values, which are in an array, to the shared memory. */
  copyTo(byteOffset: number): void {
    const { values, length, dtype } = this;
    if (!values) throw new Error('internal: a value that is copied is in an array');
    const row = dtypes[dtype];
    const all = elementsOf(row);
    const first = byteOffset / bytesOf(row.narrow);
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

  /** A value that stays in one block until it is released, what a variable holds: `write` is given that block. */
  static fixed(length: number, dtype: Dtype, write: (to: View) => void): StoredValue {
    const stored = new StoredValue(length, dtype, false);
    write(viewAt(stored.#home.enterBlock(stored).byteOffset, length, dtype));
    return stored;
  }

  /** Takes over the array of stored elements. */
  static of(values: StoredArray, dtype: Dtype): StoredValue {
    const stored = new StoredValue(values.length, dtype);
    stored.#home.values = values;
    return stored;
  }

  /** Elements of the shared memory from an address on, copied. */
  static copy(byteOffset: number, length: number, dtype: Dtype): StoredValue {
    const stored = new StoredValue(length, dtype);
    stored.#home.values =
      length > fewWords ? copyElements(byteOffset, length, dtype) : copyNumbers(byteOffset, length, dtype);
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

  get known(): ArrayLike<number> | undefined {
    return this.#home.values;
  }

  address(room?: number): number {
    const home = this.#home;
    if (home.isReleased) throw disposed();
    home.lastSweep = sweeps;
    home.binding = bindings;
    if (this.#part) return this.#part.of.address() + byteLength(home.dtype, [this.#part.first]);
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

  /** The values, in an array of their own, once the runs that write them are done: blocks until then. */
  read(): StoredArray {
    if (this.#home.isReleased) throw disposed();
    if (this.#part) {
      const { of, first } = this.#part;
      return of.read().slice(first, first + this.length);
    }
    if (this.#home.writers > 0) team.finish();
    return this.#home.read();
  }

  /** Writes the values to a part of the shared memory, once the runs that write them are done. */
  write(to: View): void {
    if (this.#home.isReleased) throw disposed();
    if (this.#part) {
      to.set(this.read());
      return;
    }
    if (this.#home.writers > 0) team.finish();
    this.#home.write(to);
  }

  /** What `read` gives, with the event loop free: the values as the runs leave them that were asked for before. */
  async readAsync(): Promise<StoredArray> {
    if (this.#home.isReleased) throw disposed();
    if (this.#part || this.#home.writers === 0) return this.read();
    this.hold();
    let values: StoredArray | undefined;
    try {
      await team.between(() => {
        values = this.#home.read();
      });
    } finally {
      this.letGo();
    }
    if (!values) throw new Error('internal: a value was not read in its turn');
    return values;
  }

  /** The same value once more, as the runs that were asked for before leave it. */
  copy(): StoredValue {
    const { block, length, dtype, writers } = this.#home;
    if (writers > 0) return this.#copyLater();
    return block ? StoredValue.copy(block.byteOffset, length, dtype) : StoredValue.of(this.read(), dtype);
  }

  /** A value that is there when the runs that were asked for before are done; whoever reads it waits for that. */
  #copyLater(): StoredValue {
    const { length, dtype } = this.#home;
    const copy = new StoredValue(length, dtype);
    copy.willBeWritten();
    this.hold();
    void team.between(() => {
      copy.#home.values = this.#home.read();
      copy.#home.writers--;
      copy.#holders--; // whoever takes the copy holds it
      this.letGo();
    });
    return copy;
  }

  /** Notes one more that needs the value: a node, a variable, or a run that was asked for. */
  hold(): void {
    this.#holders++;
  }

  /** One fewer needs it: the last one frees it. */
  letGo(): void {
    if (--this.#holders !== 0) return;
    this.#home.isReleased = true;
    this.#home.values = undefined;
    this.#home.leaveBlock();
    this.#part?.of.letGo();
  }

  /** Frees a value that nothing has come to need. */
  drop(): void {
    this.hold();
    this.letGo();
  }

  /** Says that a run that was asked for will write the value, until `wasWritten`. */
  willBeWritten(): void {
    this.hold();
    this.#home.writers++;
  }

  wasWritten(): void {
    this.#home.writers--;
    this.letGo();
  }

  /** Leaves its block, to which threads may write until they are gone. */
  moveAside(gone: Promise<void>): void {
    this.#home.moveAside(gone);
  }
}

/** What every use of something disposed of throws. */
export function disposed(): Error {
  return new Error('tensor: a tensor must not be used after dispose(); got one that was disposed of');
}

/** Begins to bind a run: moves old values out to arrays when there are many. No run is under way. */
export function beginBinding(): void {
  bindings++;
  isBinding = true;
  if (bytesTaken < sweepBytes) return;
  if (bytesInBlocks > sweepBytes) {
    for (const home of blocks) if (home.isMovable && home.lastSweep !== sweeps) home.moveOut();
  }
  sweeps++;
  bytesTaken = 0;
}

/** The run that was bound is about to begin, or will not. */
export function endBinding(): void {
  isBinding = false;
}

/** The shared memory as elements of a dtype. V8 is slow at a getter whose name it does not know: each is named here. */
export function elementsOf({ view }: DtypeRow): View {
  if (view === 'f32') return memory.f32;
  if (view === 'i32') return memory.i32;
  return view === 'u8' ? memory.u8 : memory.u16;
}

/** Up to this many elements a loop is faster than a view and a copy of it. */
const fewWords = 128;

/** The stored elements from an address on, in an array of their own. */
function copyElements(byteOffset: number, length: number, dtype: Dtype): StoredArray {
  const row = dtypes[dtype];
  const copy = row.newArray(length);
  if (length > fewWords) {
    copy.set(viewAt(byteOffset, length, dtype)); // V8 is faster at this than at slice
    return copy;
  }
  const elements = elementsOf(row);
  const first = byteOffset / bytesOf(row.narrow);
  for (let i = 0; i < length; i++) copy[i] = elements[first + i] ?? 0;
  return copy;
}

/** The same elements in an array of their own. */
function copyOf(values: Kept, dtype: Dtype): StoredArray {
  if (ArrayBuffer.isView(values)) return values.slice(); // `set` of numbers goes through them one by one
  const copy = dtypes[dtype].newArray(values.length);
  copy.set(values);
  return copy;
}

function copyNumbers(byteOffset: number, length: number, dtype: Dtype): readonly number[] {
  const row = dtypes[dtype];
  const elements = elementsOf(row);
  const first = byteOffset / bytesOf(row.narrow);
  const copy: number[] = [];
  for (let i = 0; i < length; i++) copy.push(elements[first + i] ?? 0);
  return copy;
}

function viewAt(byteOffset: number, length: number, dtype: Dtype): View {
  const row = dtypes[dtype];
  const elements = elementsOf(row);
  const first = byteOffset / bytesOf(row.narrow);
  return elements.subarray(first, first + length);
}
