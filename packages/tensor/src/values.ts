// From numbers to nodes: nested arrays and typed arrays with a shape and a dtype.

import { StoredValue, type Values } from '@treadle/compiler';
import {
  checkShape,
  type Dtype,
  DtypeError,
  type Node,
  type OptionKinds,
  type Shape,
  ShapeError,
  show,
  showShape,
  sizeOf,
  sourceNode,
} from '@treadle/graph';
import { flatten, type Nested } from './nested.ts';

type NumericArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

/** What becomes a tensor: a number, a boolean, arrays of them in arrays, or a typed array. */
export type Numbers = Nested | NumericArray;

export interface TensorOptions {
  /** by default that of the nested arrays; [length] for a typed array */
  readonly shape?: Shape;
  /** by default bool for booleans, int32 for integer arrays of 32 bits or fewer (but Uint32Array), otherwise float32 */
  readonly dtype?: Dtype;
}

export const tensorOptions: OptionKinds<TensorOptions> = { shape: 'numbers', dtype: 'any' };

/** The values as a node; they are copied. */
export function toNode(numbers: Numbers, { shape, dtype }: TensorOptions = {}): Node {
  const isTyped = ArrayBuffer.isView(numbers);
  const flat = isTyped ? { values: numbers, shape: [numbers.length] } : flatten(numbers);
  const target = checkShape('tensor', shape ?? flat.shape);
  if (sizeOf(target) !== flat.values.length) {
    throw new ShapeError(
      `tensor: the shape must hold all values; got ${flat.values.length} values for ${showShape(target)}`,
    );
  }
  const type = dtype ?? (isTyped ? dtypeOf(numbers) : areBooleans(flat.values) ? 'bool' : 'float32');
  return sourceNode({ kind: 'stored', storage: StoredValue.of(toValues(flat.values, type), type) }, target, type);
}

function areBooleans(values: readonly (number | boolean)[] | NumericArray): boolean {
  return values.length > 0 && !ArrayBuffer.isView(values) && values.every((x) => typeof x === 'boolean');
}

function dtypeOf(array: NumericArray): Dtype {
  const isFloat = array instanceof Float32Array || array instanceof Float64Array || array instanceof Uint32Array;
  return isFloat ? 'float32' : 'int32';
}

function toValues(values: readonly (number | boolean)[] | NumericArray, dtype: Dtype): Values {
  checkDtype('tensor', dtype);
  // A constructor given a typed array converts it as a whole, a hundred times faster than `from`.
  if (values instanceof Int32Array && dtype === 'int32') return new Int32Array(values);
  if (ArrayBuffer.isView(values) && dtype === 'float32') return new Float32Array(values);
  if (dtype === 'float32') return Float32Array.from<number | boolean>(values, Number);
  if (dtype === 'bool') return Int32Array.from<number | boolean>(values, (x) => (x ? -1 : 0));
  return Int32Array.from(values, (x) => checkInt32('tensor', Number(x)));
}

/** Throws RangeError unless an int32 can hold the number. */
export function checkInt32(op: string, value: number): number {
  if ((value | 0) !== value) throw new RangeError(`${op}: an int32 must be a whole number of 32 bits; got ${value}`);
  return value;
}

/** Throws DtypeError for what is none. */
export function checkDtype(op: string, dtype: Dtype): void {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return;
  throw new DtypeError(`${op}: dtype must be float32, int32 or bool; got ${show(dtype)}`);
}
