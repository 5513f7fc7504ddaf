// Rows gathered into an array that the caller owns: the copy between a data set and a batch. It knows neither shapes nor
// tensors, only rows of the same length that lie one after another.

import { show } from '@treadle/tensor';
import type { Elements } from './plain-array.ts';

const longRow = 48; // elements from which one `set` is faster than a loop

/**
 * out[i] = source[indices[i]] for rows of `rowLength` elements. `out` may be longer than the rows taken. Throws RangeError
 * when an index names no row of `source`, or when `out` is too short; then nothing has been written.
 */
export function takeRows<E extends Elements>(source: E, rowLength: number, indices: Int32Array, out: E): E {
  const given: readonly unknown[] = [source, indices, out];
  const wrong = given.findIndex((x, i) => !(x instanceof Int32Array || (i !== 1 && x instanceof Float32Array)));
  if (wrong >= 0) {
    const what = [
      'source must be a Float32Array or Int32Array',
      'indices must be an Int32Array',
      'out must be one like source',
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
