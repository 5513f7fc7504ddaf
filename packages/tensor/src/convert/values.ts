// From numbers to nodes: nested arrays and typed arrays with a shape and a dtype.

import { StoredValue, type Values } from '@treadle/compiler';
import {
  checkShape,
  type Dtype,
  DtypeError,
  type Node,
  type OptionKinds,
  ops,
  type Shape,
  ShapeError,
  show,
  showShape,
  sizeOf,
  sourceNode,
} from '@treadle/graph';
import { flatten, type Nested } from './nested.ts';
import { dtypeOf, type NumericArray } from './typed-arrays.ts';

/** What becomes a tensor: a number, a boolean, arrays of them in arrays, or a typed array. */
export type Numbers = Nested | NumericArray;

export interface TensorOptions {
  /** by default that of the nested arrays; [length] for a typed array */
  readonly shape?: Shape;
  /** by default bool for booleans, int32 for typed arrays of integers (but Uint32Array), otherwise float32 */
  readonly dtype?: Dtype;
}

export const tensorOptions: OptionKinds<TensorOptions> = { shape: 'numbers', dtype: 'any' };

/** The values as a node; they are copied. */
export function toNode(numbers: Numbers, { shape, dtype }: TensorOptions = {}): Node {
  const flat = ArrayBuffer.isView(numbers)
    ? { values: numbers, shape: undefined, dtype: dtypeOf(numbers) }
    : flatten(numbers);
  const type = dtype ?? flat.dtype;
  const values = toValues(flat.values, type);
  const target = checkShape('tensor', shape ?? flat.shape ?? [values.length]);
  if (sizeOf(target) !== values.length) {
    throw new ShapeError(
      `tensor: the shape must hold all values; got ${values.length} values for ${showShape(target)}`,
    );
  }
  return sourceNode({ kind: 'stored', storage: StoredValue.of(values, type) }, target, type);
}

function toValues(values: NumericArray, dtype: Dtype): Values {
  checkDtype('tensor', dtype);
  // A constructor given a typed array converts it as a whole, a hundred times faster than `from`.
  if (dtype === 'float32') return new Float32Array(values);
  if (dtype === 'bool') return Int32Array.from(values, (x) => (x === 0 ? 0 : -1)); // NaN is true, as in a cast
  if (dtypeOf(values) === 'int32') return new Int32Array(values);
  return Int32Array.from(values, (x) => checkInt32('tensor', x));
}

/** The nodes in the dtype that holds the values of all. */
export function alike(nodes: readonly Node[]): readonly Node[] {
  const dtypes = nodes.map(({ dtype }) => dtype);
  const widest: Dtype = dtypes.includes('float32') ? 'float32' : dtypes.includes('int32') ? 'int32' : 'bool';
  return nodes.map((node) => ops.cast(node, widest));
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
