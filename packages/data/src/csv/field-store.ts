// The fields of many rows as they stand, in few large arrays instead of a string for each: blocks of bytes, and where in them
// each field ends. A row lies in one block.

import { GrowingArray } from '../files/growing-array.ts';
import { Buffer } from '../files/node-files.ts';
import { Fields } from './csv-fields.ts';

/** A block takes so many bytes, or one longer row; each twice as many as the one before, up to the most. */
const [firstBytes, mostBytes] = [2 ** 12, 2 ** 20];

interface Block {
  readonly bytes: Buffer;
  /** of every field, row by row */
  readonly ends: Int32Array;
  /** in which each row began */
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

  /** For rows of so many fields. */
  constructor(width: number) {
    this.#width = width;
  }

  get rows(): number {
    return this.#rows;
  }

  add(fields: Fields): void {
    const last = fields.count - 1;
    // What is escaped is longer than what it stands for.
    const most = fields.ends[last]! - fields.starts[0]!;
    if (this.#used + most > this.#bytes.length) this.#begin(most);
    for (let i = 0; i <= last; i++) {
      this.#copy(fields, i);
      this.#ends.push(this.#used);
    }
    this.#lines.push(fields.line);
    this.#rows++;
  }

  /** Hands the fields of each row to `onRow`, which must not keep them. */
  each(onRow: (fields: Fields) => void): void {
    this.#seal();
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

  /** Begins a block with room for a row of `most` bytes. */
  #begin(most: number): void {
    const length = Math.min(mostBytes, Math.max(firstBytes, 2 * this.#bytes.length));
    this.#seal();
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(length, most));
  }

  /** Ends the block; the next row begins one. */
  #seal(): void {
    const [bytes, ends, lines] = [this.#bytes.subarray(0, this.#used), this.#ends.whole(), this.#lines.whole()];
    if (lines.length > 0) this.#blocks.push({ bytes, ends, lines });
    this.#bytes = Buffer.alloc(0);
    this.#used = 0;
    this.#ends = new GrowingArray(new Int32Array(0));
    this.#lines = new GrowingArray(new Int32Array(0));
  }
}
