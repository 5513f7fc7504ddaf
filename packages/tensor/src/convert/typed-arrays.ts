// Typed arrays as users have them: of any kind, also of kinds that this Node.js may not know, and of any realm (a node:vm context
// has classes of its own). What they are is asked of the array itself, not of its class.

import { arithmeticOf, type Dtype, DtypeError } from '@treadle/graph';

/** A typed array of numbers, Float16Array included where there is one; one of BigInts is refused. */
export interface NumericArray extends ArrayBufferView {
  readonly length: number;
  readonly [index: number]: number;
  [Symbol.iterator](): IterableIterator<number>;
}

/** The smallest dtype that stores every number of each kind. */
const kinds: ReadonlyMap<unknown, Dtype> = new Map<unknown, Dtype>([
  ['Float16Array', 'float16'],
  ['Float32Array', 'float32'],
  ['Float64Array', 'float32'],
  ['Uint32Array', 'float32'], // half of them are no int32
  ['Int32Array', 'int32'],
  ['Int16Array', 'int32'],
  ['Uint16Array', 'int32'],
  ['Int8Array', 'int32'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
]);

/** Reads the kind from inside a typed array, whatever its prototype; undefined for a DataView. */
const kindOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Int8Array.prototype), Symbol.toStringTag)?.get;

/**
 * The dtype that the numbers become where none is given: int32 for whole numbers that all fit, bytes among them, otherwise
 * float32. Throws as ownDtypeOf does.
 */
export function dtypeOf(array: ArrayBufferView, where = ''): Dtype {
  return arithmeticOf(ownDtypeOf(array, where));
}

/**
 * The smallest dtype that stores every number that an array of this kind may have; float32 for those that are rounded. Throws DtypeError for a DataView and for BigInts,
 * RangeError for an array that can no longer be read. `where` says where the array lies in others.
 */
export function ownDtypeOf(array: ArrayBufferView, where = ''): Dtype {
  const kind: unknown = kindOf && Reflect.apply(kindOf, array, []);
  const dtype = kinds.get(kind);
  if (!dtype) {
    const hint = kind === undefined ? 'a typed array over its buffer says what it holds' : 'Array.from(values, Number)';
    throw new DtypeError(`tensor: values must be numbers; got a ${String(kind ?? 'DataView')}${where}; ${hint}`);
  }
  if (array.byteLength === 0) checkReadable(array, where);
  return dtype;
}

/** A view whose buffer was detached, or shrunk to less than the view, seems to be empty. */
function checkReadable(array: ArrayBufferView, where: string): void {
  try {
    Reflect.construct(Uint8Array, [array]);
  } catch (error) {
    throw new RangeError(
      `tensor: a typed array must have its buffer; got one${where} whose buffer was sent away or has shrunk`,
      { cause: error },
    );
  }
}
