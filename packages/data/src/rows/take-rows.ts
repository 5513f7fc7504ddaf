// Copies chosen rows into an array that the caller owns: the step from a data set to a batch. Knows no shapes and no
// tensors, only contiguous rows of equal length.

import { show } from '@treadle/tensor';
import type { Elements } from './plain-array.ts';

/** From this number of elements on, `set` is faster than a loop. */
const longRow = 48;

/**
 * Copies rows of `rowLength` elements: row i of `out` becomes row indices[i] of `source`. `out` has the type of
 * `source` and may be longer than needed; the rest of it is unchanged.
 *
 * @returns `out`
 * @throws RangeError for an index that is no row of `source` and for an `out` that is too short; then nothing has been
 * written. TypeError for arguments of other types
 *
 * @example
 * ```ts
 * import { takeRows } from 'treadle';
 * const source = Float32Array.of(1, 2, 3, 4, 5, 6); // three rows of two
 * const out = takeRows(source, 2, Int32Array.of(2, 0), new Float32Array(4));
 * [...out]; // → [5, 6, 1, 2]
 * ```
 */
export function takeRows<E extends Elements>(source: E, rowLength: number, indices: Int32Array, out: E): E {
  const given: readonly unknown[] = [source, indices, out];
  const wrong = given.findIndex((x, i) => !(x instanceof Int32Array || (i !== 1 && x instanceof Float32Array)));
  if (wrong >= 0) {
    const what = [
      'source must be a Float32Array or Int32Array',
      'indices must be an Int32Array',
      'out must have the type of source',
    ];
    throw new TypeError(`takeRows: ${what[wrong]}; got ${show(given[wrong])}`);
  }
  if (!Number.isSafeInteger(rowLength) || rowLength < 0) {
    throw new RangeError(`takeRows: rowLength must be a whole number ≥ 0; got ${show(rowLength)}`);
  }
  const rows = rowLength === 0 ? Number.POSITIVE_INFINITY : source.length / rowLength;
  checkIndices(indices, rows);
  const length = indices.length * rowLength;
  if (out.length < length) {
    throw new RangeError(`takeRows: out must hold ${indices.length} rows of ${rowLength}; got ${out.length} elements`);
  }
  if (rowLength >= longRow) takeLong(source, rowLength, indices, out);
  else takeShort(source, rowLength, indices, out);
  return out;
}

function checkIndices(indices: Int32Array, rows: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index < 0 || index >= rows) {
      throw new RangeError(`takeRows: an index must name one of ${rows} rows; got ${index} at ${i}`);
    }
  }
}

function takeLong(source: Elements, rowLength: number, indices: Int32Array, out: Elements): void {
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * rowLength;
    out.set(source.subarray(from, from + rowLength), i * rowLength);
  }
}

function takeShort(source: Elements, rowLength: number, indices: Int32Array, out: Elements): void {
  let to = 0;
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * rowLength;
    for (let j = 0; j < rowLength; j++) out[to++] = source[from + j]!;
  }
}
