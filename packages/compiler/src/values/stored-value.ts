// A value that is known to the graph as its storage: who holds it, which runs read and write it, and its elements for the program. Where
// the elements lie is known to its backing. The last holder that lets go of a value frees it.

import { byteLength, type Dtype, type Storage, type StoredArray } from '@treadle/graph';
import { host, team } from '@treadle/runtime';
import { arrayValues, Backing, blockCount, type SharedView, viewAt } from './backing.ts';

/** Elements of another value, from element `first` on. */
interface Slice {
  readonly of: StoredValue;
  readonly first: number;
}

/** The value of a node, a variable or an argument. */
export class StoredValue implements Storage {
  readonly #backing: Backing;
  #slice: Slice | undefined;
  /** why the value will never be known */
  #failure: unknown;
  #holders = 0;

  private constructor(length: number, dtype: Dtype, isEvictable = true, slice?: Slice) {
    this.#backing = new Backing(length, dtype, isEvictable);
    this.#slice = slice;
    slice?.of.hold();
  }

  /** A value that a plan will write: a block of so many elements. */
  static allocate(length: number, dtype: Dtype): StoredValue {
    const stored = new StoredValue(length, dtype);
    stored.#backing.enterBlock(stored);
    return stored;
  }

  /** The value of a variable: it stays in one block until it is released. `write` is given the block to fill. */
  static fixed(length: number, dtype: Dtype, write: (to: SharedView) => void): StoredValue {
    const stored = new StoredValue(length, dtype, false);
    write(viewAt(stored.#backing.enterBlock(stored).byteOffset, length, dtype));
    return stored;
  }

  /** A value of these stored elements. Takes over the array. */
  static of(values: StoredArray, dtype: Dtype): StoredValue {
    const stored = new StoredValue(values.length, dtype);
    stored.#backing.values = values;
    return stored;
  }

  /** A copy of elements that lie in the shared memory from an address on. */
  static copy(byteOffset: number, length: number, dtype: Dtype): StoredValue {
    const stored = new StoredValue(length, dtype);
    stored.#backing.values = arrayValues(byteOffset, length, dtype);
    return stored;
  }

  /** Some elements of another value, in the same memory. */
  static slice(of: StoredValue, first: number, length: number): StoredValue {
    return new StoredValue(length, of.#backing.dtype, false, { of, first });
  }

  /** A value that a run will give: `fulfil` says what it is, or `fail` that there is none. Until then it cannot be read at once. */
  static promised(length: number, dtype: Dtype): StoredValue {
    const stored = new StoredValue(length, dtype);
    stored.#backing.writers++;
    return stored;
  }

  /** A copy for a variable, as `fixed`. Where the caller must not block, it is made when the runs that write `of` are done. */
  static fixedCopy(of: StoredValue): StoredValue {
    const { length } = of;
    const { dtype } = of.#backing;
    if (host.canWait || !of.#isPending) return StoredValue.fixed(length, dtype, (to) => of.write(to));
    const stored = StoredValue.fixed(length, dtype, () => {});
    stored.#setLater(of, ({ block }) => {
      if (block) viewAt(block.byteOffset, length, dtype).set(of.#present());
    });
    return stored;
  }

  /** A value that plain code computes from another one: at once, or when the runs that write `of` are done, if the caller must not block. */
  static derived(
    of: StoredValue,
    length: number,
    dtype: Dtype,
    compute: (values: StoredArray) => StoredArray,
  ): StoredValue {
    if (host.canWait || !of.#isPending) return StoredValue.of(compute(of.read()), dtype);
    const stored = new StoredValue(length, dtype);
    stored.#setLater(of, (backing) => {
      backing.values = compute(of.#present());
    });
    return stored;
  }

  /** How many values have a block. */
  static get count(): number {
    return blockCount();
  }

  /** in elements */
  get length(): number {
    return this.#backing.length;
  }

  get known(): ArrayLike<number> | undefined {
    return this.#backing.values;
  }

  address(room?: number): number {
    const backing = this.#backing;
    this.#check();
    backing.noteBinding();
    if (this.#slice) {
      const { of, first } = this.#slice;
      return of.length === this.length ? of.address(room) : of.address() + byteLength(backing.dtype, [first]);
    }
    if (backing.block) return backing.block.byteOffset;
    if (room !== undefined && backing.copyInstead(room)) return room;
    const block = backing.enterBlock(this);
    if (backing.values) backing.copyTo(block.byteOffset);
    backing.values = undefined;
    return block.byteOffset;
  }

  /** The elements, in a new array. Blocks until the runs that write them are done. */
  read(): StoredArray {
    this.#check();
    if (this.#backing.writers > 0) team.finish();
    return this.#present();
  }

  /** The elements as they are now, in a new array. */
  #present(): StoredArray {
    this.#check();
    if (!this.#slice) return this.#backing.read();
    const { of, first } = this.#slice;
    const elements = of.read();
    return of.length === this.length ? elements : elements.slice(first, first + this.length);
  }

  /** Throws for a value that was disposed of, and for one whose run has failed. */
  #check(): void {
    if (this.#backing.isReleased) throw disposed();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Copies as many elements as `to` holds, from element `first` on. The event loop goes on until the runs that write them are done. */
  async readPart(first: number, to: StoredArray): Promise<void> {
    if (this.#backing.isReleased) throw disposed();
    if (this.#slice) return this.#slice.of.readPart(this.#slice.first + first, to);
    if (this.#backing.writers > 0) await team.between(() => this.#backing.readPart(first, to));
    else this.#backing.readPart(first, to);
  }

  /** Copies the elements to a part of the shared memory. Blocks until the runs that write them are done. */
  write(to: SharedView): void {
    this.#check();
    if (this.#slice) {
      to.set(this.read());
      return;
    }
    if (this.#backing.writers > 0) team.finish();
    this.#backing.write(to);
  }

  /** What `read` gives, without blocking the event loop: the elements after all runs that were asked for before this call. */
  async readAsync(): Promise<StoredArray> {
    this.#check();
    if (this.#slice) {
      const { of, first } = this.#slice;
      const elements = await of.readAsync();
      return of.length === this.length ? elements : elements.slice(first, first + this.length);
    }
    if (this.#backing.writers === 0) return this.read();
    this.hold();
    let values: StoredArray | undefined;
    try {
      await team.between(() => {
        values = this.#present();
      });
    } finally {
      this.letGo();
    }
    if (!values) throw new Error('internal: a value was not read between runs');
    return values;
  }

  /** A copy of the value, as it is after all runs that were asked for before this call. */
  copy(): StoredValue {
    const { block, length, dtype } = this.#backing;
    if (this.#isPending) return this.#copyLater();
    return block ? StoredValue.copy(block.byteOffset, length, dtype) : StoredValue.of(this.read(), dtype);
  }

  /** A copy that is written when those runs are done. Reading it waits for that. */
  #copyLater(): StoredValue {
    const { length, dtype } = this.#backing;
    const copy = new StoredValue(length, dtype);
    copy.#setLater(this, (backing) => {
      backing.values = this.#present();
    });
    return copy;
  }

  /** Whether a run that was asked for is still to write the value. */
  get #isPending(): boolean {
    if (this.#slice) return this.#slice.of.#isPending;
    return this.#backing.writers > 0;
  }

  /** Has `set` called when the runs that write `from` are done. Reading this value waits for that. */
  #setLater(from: StoredValue, set: (backing: Backing) => void): void {
    this.#backing.writers++;
    from.hold();
    void team.between(() => {
      try {
        set(this.#backing);
      } catch (error) {
        this.#failure = error;
      }
      this.#backing.writers--;
      from.letGo();
    });
  }

  /** Says what a promised value is. */
  fulfil(value: StoredValue): void {
    this.#backing.writers--;
    value.hold();
    if (this.#backing.isReleased) value.letGo();
    else this.#slice = { of: value, first: 0 };
  }

  /** Says that there is no promised value: using it throws the error from now on. */
  fail(error: unknown): void {
    this.#backing.writers = 0;
    this.#failure = error;
  }

  /** Adds a holder: a node, a variable, or a run that was asked for. */
  hold(): void {
    this.#holders++;
  }

  /** Removes a holder. The last one frees the value. */
  letGo(): void {
    if (--this.#holders !== 0) return;
    this.#backing.isReleased = true;
    this.#backing.values = undefined;
    this.#backing.leaveBlock();
    this.#slice?.of.letGo();
  }

  /** Frees a value that has no holder yet. */
  drop(): void {
    this.hold();
    this.letGo();
  }

  /** Notes that a run that was asked for will write the value. It is held until `wasWritten`. */
  willBeWritten(): void {
    this.hold();
    this.#backing.writers++;
  }

  wasWritten(): void {
    this.#backing.writers--;
    this.letGo();
  }

  /** Gives up the block when the threads of a failed run, which may still write to it, are gone. */
  leaveBlock(gone: Promise<void>): void {
    this.#backing.leaveBlockWhenGone(gone);
  }
}

/** The error of every use of a value that was disposed of. */
export function disposed(): Error {
  return new Error('tensor: a tensor must not be used after dispose(); got one that was disposed of');
}
