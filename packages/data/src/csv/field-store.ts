// Stores the fields of many rows as bytes in a few large blocks, which takes less memory than one string per field. For
// each field only its end is stored: a field begins where the one before it ends.
// Invariant: all fields of a row are in the same block.

import { Buffer } from '#files';
import { GrowingArray } from '../files/growing-array.ts';
import { Fields } from './csv-fields.ts';

/**
 * The sizes of the first block and of the largest ones; each block has twice the size of the one before. A longer row
 * gets its own.
 */
const [firstBlockBytes, maxBlockBytes] = [2 ** 12, 2 ** 20];

interface Block {
  readonly bytes: Buffer;
  /** the end of each field in `bytes`, row by row */
  readonly ends: Int32Array;
  /** the line of each row */
  readonly lines: Int32Array;
}

export class FieldStore {
  readonly #width: number;
  readonly #blocks: Block[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #used = 0;
  #ends: GrowingArray<Int32Array> = new GrowingArray(new Int32Array(0));
  #lines: GrowingArray<Int32Array> = new GrowingArray(new Int32Array(0));
  #rows = 0;

  /** For rows of `width` fields. */
  constructor(width: number) {
    this.#width = width;
  }

  /** The number of stored rows. */
  get rows(): number {
    return this.#rows;
  }

  /** Copies the fields of a row. */
  add(fields: Fields): void {
    const last = fields.count - 1;
    // An upper bound: escaped text is longer than the text that it stands for.
    const rowBytes = fields.ends[last]! - fields.starts[0]!;
    if (this.#used + rowBytes > this.#bytes.length) this.#beginBlock(rowBytes);
    for (let i = 0; i <= last; i++) {
      this.#copy(fields, i);
      this.#ends.push(this.#used);
    }
    this.#lines.push(fields.line);
    this.#rows++;
  }

  /** Calls `onRow` with the fields of each row. `onRow` must not keep them. */
  each(onRow: (fields: Fields) => void): void {
    this.#endBlock();
    const fields = new Fields();
    for (const { bytes, ends, lines } of this.#blocks) {
      fields.bytes = bytes;
      let [start, next] = [0, 0];
      for (const line of lines) {
        fields.count = 0;
        fields.line = line;
        for (let i = 0; i < this.#width; i++) {
          const end = ends[next++]!;
          fields.add(start, end, false);
          start = end;
        }
        onRow(fields);
      }
    }
  }

  #copy(fields: Fields, index: number): void {
    if (fields.escaped[index] === 1) {
      this.#used += this.#bytes.write(fields.text(index), this.#used);
      return;
    }
    const [from, to, end] = [fields.bytes, this.#bytes, fields.ends[index]!];
    let used = this.#used;
    for (let at = fields.starts[index]!; at < end; at++) to[used++] = from[at]!;
    this.#used = used;
  }

  /** Begins a block with space for a row of `rowBytes` bytes. */
  #beginBlock(rowBytes: number): void {
    const length = Math.min(maxBlockBytes, Math.max(firstBlockBytes, 2 * this.#bytes.length));
    this.#endBlock();
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(length, rowBytes));
  }

  /** Ends the current block. The next row begins another. */
  #endBlock(): void {
    const [bytes, ends, lines] = [this.#bytes.subarray(0, this.#used), this.#ends.finish(), this.#lines.finish()];
    if (lines.length > 0) this.#blocks.push({ bytes, ends, lines });
    this.#bytes = Buffer.alloc(0);
    this.#used = 0;
    this.#ends = new GrowingArray(new Int32Array(0));
    this.#lines = new GrowingArray(new Int32Array(0));
  }
}
