// Decodes IDX, the format of the MNIST files (http://yann.lecun.com/exdb/mnist): two zero bytes, the element type, the
// number of axes, the length of each axis, then the elements, all big-endian. Does not know what the elements mean.
// Invariant: the data have exactly the length that the header states, and no more than that is inflated.

import { show, sizeOf } from '@treadle/tensor';
import { FormatError } from '../files/format-error.ts';
import { inflate, inflateBeginning, isGzip, maxInflatedLength } from '../files/inflate.ts';
import type { PlainArray } from '../rows/plain-array.ts';

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

/** A decoded array, and the type that its elements have in the file. */
export interface IdxArray extends PlainArray {
  readonly elementType: ElementName;
}

/**
 * Decodes IDX data, gzip or not. int32 elements, and whole numbers with at most one axis (labels), become int32. All
 * others become float32 with the values as stored, so the pixels of an image are 0 … 255; float64 is rounded. Throws
 * FormatError for bytes that are not IDX data.
 */
export function decodeIdx(packed: Uint8Array): IdxArray {
  const { type, shape, start } = readHeader(viewOf(inflateBeginning('idx', packed)));
  const count = sizeOf(shape);
  const expected = start + count * type.bytes;
  const rule = `idx: an array ${show(shape)} of ${type.name} must take ${expected} bytes with its header`;
  if (expected > maxInflatedLength(packed)) throw cutShort(rule, isGzip(packed) ? 'fewer' : packed.length);
  const bytes = inflate('idx', packed, expected);
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

/** The header, and `start`, the position of the first element. */
function readHeader(view: DataView): {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly start: number;
} {
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
