// The IDX format of the MNIST files: two zero bytes, an element type, the number of axes, their extents, then the elements,
// all big-endian. The length of the data must be exactly what the header says, so a file cut short never becomes an array, and no
// more is inflated than the header promises.

import { show } from '@treadle/tensor';
import { beginning, inflated, isGzip, mostBytes } from '../files/bytes.ts';
import { FormatError } from '../files/format-error.ts';
import { elementCount, type PlainArray } from '../rows/plain-array.ts';

type ElementName = 'uint8' | 'int8' | 'int16' | 'int32' | 'float32' | 'float64';

interface ElementType {
  readonly name: ElementName;
  readonly bytes: number;
  readonly read: (view: DataView, byteOffset: number) => number;
}

const elementTypes: ReadonlyMap<number, ElementType> = new Map([
  [0x08, { name: 'uint8', bytes: 1, read: (view, at) => view.getUint8(at) }],
  [0x09, { name: 'int8', bytes: 1, read: (view, at) => view.getInt8(at) }],
  [0x0b, { name: 'int16', bytes: 2, read: (view, at) => view.getInt16(at) }],
  [0x0c, { name: 'int32', bytes: 4, read: (view, at) => view.getInt32(at) }],
  [0x0d, { name: 'float32', bytes: 4, read: (view, at) => view.getFloat32(at) }],
  [0x0e, { name: 'float64', bytes: 8, read: (view, at) => view.getFloat64(at) }],
]);

/** An array and the type its elements had in the file. */
export interface IdxArray extends PlainArray {
  readonly elementType: ElementName;
}

/**
 * IDX data, gzip or not. Lists of whole numbers (labels) and int32 become int32; everything else becomes float32 with the
 * values as stored, so an image has 0 … 255. float64 is rounded. Throws FormatError for any other sequence of bytes.
 */
export function decodeIdx(packed: Uint8Array): IdxArray {
  const { type, shape, start } = header(viewOf(beginning('idx', packed)));
  const count = elementCount(shape);
  const expected = start + count * type.bytes;
  const rule = `idx: ${show(shape)} elements of ${type.name} must take ${expected} bytes with the header`;
  if (expected > mostBytes(packed)) throw cutShort(rule, isGzip(packed) ? 'fewer' : packed.length);
  const bytes = inflated('idx', packed, expected);
  if (!bytes) {
    const got = isGzip(packed) ? 'more' : packed.length;
    throw new FormatError(`${rule}; got ${got}; the file is longer than its header says`);
  }
  if (bytes.length < expected) throw cutShort(rule, bytes.length);
  const view = viewOf(bytes);
  const isInteger = !type.name.startsWith('float');
  const values =
    type.name === 'int32' || (isInteger && shape.length < 2) ? new Int32Array(count) : new Float32Array(count);
  if (type.name === 'uint8') values.set(bytes.subarray(start));
  else for (let i = 0; i < count; i++) values[i] = type.read(view, start + i * type.bytes);
  return { values, shape, elementType: type.name };
}

function cutShort(rule: string, got: number | string): FormatError {
  return new FormatError(`${rule}; got ${got}; the file is cut short`);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function header(view: DataView): { type: ElementType; shape: readonly number[]; start: number } {
  const magic = view.byteLength < 4 ? undefined : view.getUint32(0);
  if (magic === undefined || magic >>> 16 !== 0) {
    const got = magic === undefined ? `${view.byteLength} bytes` : `0x${magic.toString(16).padStart(8, '0')}`;
    throw new FormatError(
      `idx: the first four bytes must be 0, 0, the element type and the number of axes; got ${got}`,
    );
  }
  const code = magic >>> 8;
  const type = elementTypes.get(code);
  if (type === undefined) {
    throw new FormatError(`idx: the element type must be one of 0x08, 0x09, 0x0b … 0x0e; got 0x${code.toString(16)}`);
  }
  const rank = magic & 0xff;
  const start = 4 + 4 * rank;
  if (view.byteLength < start) {
    throw new FormatError(`idx: ${rank} axes must have 4 bytes each in the header; got ${view.byteLength - 4} bytes`);
  }
  return { type, shape: Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i)), start };
}
