// A small data set kept in a source file: whole numbers of one byte, all rows of column 0, then of column 1, …, the class
// labels last; packed with Brotli (RFC 7932) and base64. Column by column it packs a fifth smaller than row by row.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { Buffer, brotliDecompressSync } from '../files/node-files.ts';
import type { Pair, PlainArray, Split } from '../rows/plain-array.ts';
import { elementCount } from '../rows/plain-array.ts';
import { splitRows } from '../rows/split-rows.ts';

export interface EmbeddedSet {
  readonly name: string;
  readonly rows: number;
  readonly rowShape: readonly number[];
  /** What a stored number is divided by to give the value. */
  readonly divisor: number;
  /** Base64; line breaks are ignored. */
  readonly packed: string;
}

export interface EmbeddedOptions {
  /** Decides the order of the rows, and so which are for testing; 0 when not given. */
  readonly seed?: number | undefined;
}

const embeddedOptions: OptionKinds<EmbeddedOptions> = {
  seed: 'number',
};

export type Labelled = Pair<PlainArray<Float32Array>, PlainArray<Int32Array>>;

/** All rows in the order of the source: x float32 [rows, ...rowShape] and y int32 [rows]. */
export function unpack({ name, rows, rowShape, divisor, packed }: EmbeddedSet): Labelled {
  const columns = elementCount(rowShape);
  const bytes = brotliDecompressSync(Buffer.from(packed, 'base64'));
  if (bytes.length !== rows * (columns + 1)) throw new Error(`internal: ${name} has ${bytes.length} bytes`);
  const x = new Float32Array(rows * columns);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) x[row * columns + column] = bytes[column * rows + row]! / divisor;
  }
  const y = Int32Array.from(bytes.subarray(rows * columns));
  return { x: { values: x, shape: [rows, ...rowShape] }, y: { values: y, shape: [rows] } };
}

/** The rows, shuffled by the seed: 80 % to train on, 20 % to test with. */
export function embeddedSplit(set: EmbeddedSet, options: EmbeddedOptions = {}): Split<Labelled> {
  const { seed } = readOptions(set.name, options, embeddedOptions);
  const { x, y } = unpack(set);
  return splitRows(x, y, { testSize: 0.2, seed, op: set.name });
}
