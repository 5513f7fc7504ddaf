// A small data set that is stored in a source file. Every value is a whole number of one byte. The bytes are stored
// column by column, the class labels last, because this packs a fifth smaller than row by row; then Brotli (RFC 7932),
// then base64.

import { type OptionKinds, readOptions, sizeOf } from '@treadle/tensor';
import { Buffer, brotliDecompressSync } from '#files';
import type { Labelled, Split } from '../rows/plain-array.ts';
import { splitRows } from '../rows/split-rows.ts';

export interface EmbeddedSet {
  /** The name of the function that gives the set to users. */
  readonly name: string;
  readonly rows: number;
  /** The shape of a row of x. */
  readonly rowShape: readonly number[];
  /** A value is the stored number divided by this. */
  readonly divisor: number;
  /** Base64 with line breaks. */
  readonly packed: string;
}

/** Options of the embedded data sets, `digits` and `iris`. */
export interface EmbeddedOptions {
  /** Decides the order of the rows, and so which rows are for testing: 0 … 2⁵³ − 1; 0 by default. */
  readonly seed?: number | undefined;
}

const embeddedOptions: OptionKinds<EmbeddedOptions> = {
  seed: 'number',
};

/** All rows in the order of the source: x float32 [rows, ...rowShape], y int32 [rows]. */
export function unpack({ name, rows, rowShape, divisor, packed }: EmbeddedSet): Labelled {
  const columns = sizeOf(rowShape);
  const bytes = brotliDecompressSync(Buffer.from(packed, 'base64'));
  if (bytes.length !== rows * (columns + 1)) throw new Error(`internal: ${name} has ${bytes.length} bytes`);
  const x = new Float32Array(rows * columns);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) x[row * columns + column] = bytes[column * rows + row]! / divisor;
  }
  const y = Int32Array.from(bytes.subarray(rows * columns));
  return { x: { values: x, shape: [rows, ...rowShape] }, y: { values: y, shape: [rows] } };
}

/** The rows, shuffled by the seed: 80 % for training, 20 % for testing. Throws RangeError for a seed out of range. */
export function embeddedSplit(set: EmbeddedSet, options: EmbeddedOptions = {}): Split<Labelled> {
  const { seed } = readOptions(set.name, options, embeddedOptions);
  const { x, y } = unpack(set);
  return splitRows(x, y, { testSize: 0.2, seed, op: set.name });
}
