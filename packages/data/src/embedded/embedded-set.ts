// A small data set that is stored in a source file. Every value is a small whole number; row-coder.ts packs the rows, and base64 makes
// them text.

import { type OptionKinds, readOptions, sizeOf } from '@treadle/tensor';
import type { Labelled, Split } from '../rows/plain-array.ts';
import { splitRows } from '../rows/split-rows.ts';
import { decodeRows, type RowFormat } from './row-coder.ts';

export interface EmbeddedSet {
  /** The name of the function that gives the set to users. */
  readonly name: string;
  readonly rows: number;
  /** The shape of a row of x. */
  readonly rowShape: readonly number[];
  /** A value is the stored number divided by this. */
  readonly divisor: number;
  /** All numbers, and the labels, are below 2^bits. */
  readonly bits: number;
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

/** How the rows of a set are coded. The value above a pixel is that of the line before; other sets have none. */
export function formatOf({ rowShape, bits }: Pick<EmbeddedSet, 'rowShape' | 'bits'>): RowFormat {
  const columns = sizeOf(rowShape) + 1;
  return { columns, width: rowShape.length > 1 ? (rowShape[1] ?? columns) : columns, bits };
}

/** All rows in the order of the source: x float32 [rows, ...rowShape], y int32 [rows]. */
export function unpack(set: EmbeddedSet): Labelled {
  const { rows, rowShape, divisor, packed } = set;
  const columns = sizeOf(rowShape);
  const coded = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)); // atob skips line breaks
  const values = decodeRows(coded, rows, formatOf(set));
  const x = new Float32Array(rows * columns);
  const y = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const first = row * (columns + 1);
    for (let column = 0; column < columns; column++) x[row * columns + column] = values[first + column]! / divisor;
    y[row] = values[first + columns]!;
  }
  return { x: { values: x, shape: [rows, ...rowShape] }, y: { values: y, shape: [rows] } };
}

/** The rows, shuffled by the seed: 80 % for training, 20 % for testing. Throws RangeError for a seed out of range. */
export function embeddedSplit(set: EmbeddedSet, options: EmbeddedOptions = {}): Split<Labelled> {
  const { seed } = readOptions(set.name, options, embeddedOptions);
  const { x, y } = unpack(set);
  return splitRows(x, y, { testSize: 0.2, seed, op: set.name });
}
