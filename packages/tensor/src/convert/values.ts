// From numbers to nodes: nested arrays and typed arrays with a shape and a dtype.

import { StoredValue } from '@treadle/compiler';
import {
  checkShape,
  type Dtype,
  DtypeError,
  dtypeNames,
  dtypes,
  isDtype,
  type Node,
  type OptionKinds,
  ops,
  promote,
  type Shape,
  ShapeError,
  type StoredArray,
  show,
  showShape,
  sizeOf,
  sourceNode,
} from '@treadle/graph';
import { flatten, type Nested } from './nested.ts';
import { dtypeOf, type NumericArray, ownDtypeOf } from './typed-arrays.ts';

/** What becomes a tensor: a number, a boolean, arrays of them in arrays, or a typed array. */
export type Numbers = Nested | NumericArray;

/** Options of `tensor` and of the functions that make tensors. */
export interface TensorOptions {
  /** by default that of the nested arrays; [length] for a typed array */
  readonly shape?: Shape;
  /**
   * By default bool for booleans, int32 for typed arrays of integers (but Uint32Array), otherwise float32. uint8 takes one byte for
   * an element and float16 two; arithmetic on them gives int32 and float32.
   */
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

/** Throws RangeError for numbers that the dtype cannot store. */
function toValues(values: NumericArray, dtype: Dtype): StoredArray {
  checkDtype('tensor', dtype);
  const { newArray, code, range } = dtypes[dtype];
  const stored = newArray(values.length);
  const each =
    code?.store ?? (range && !holds(dtype, values) ? (x: number) => checkWhole('tensor', dtype, x) : undefined);
  // `set` converts a typed array as a whole, a hundred times faster than a loop
  if (!each) stored.set(values);
  else for (let i = 0; i < stored.length; i++) stored[i] = each(values[i] ?? 0);
  return stored;
}

/** Whether the dtype can store every number that an array of this kind may have. */
function holds(dtype: Dtype, values: NumericArray): boolean {
  const own = ownDtypeOf(values);
  return own === dtype || dtypes[dtype].holds.includes(own);
}

/** The nodes in the dtype that holds the values of all. */
export function alike(nodes: readonly Node[]): readonly Node[] {
  const widest = nodes.map(({ dtype }) => dtype).reduce(promote, 'bool');
  return nodes.map((node) => ops.cast(node, widest));
}

/** Throws RangeError unless the dtype can store the number; only those of whole numbers refuse some. */
export function checkWhole(op: string, dtype: Dtype, value: number): number {
  const { range } = dtypes[dtype];
  if (!range || (Number.isInteger(value) && value >= range[0] && value <= range[1])) return value;
  throw new RangeError(`${op}: ${dtype} must be a whole number from ${range[0]} to ${range[1]}; got ${value}`);
}

/** Throws DtypeError for what is none. */
export function checkDtype(op: string, dtype: Dtype): void {
  if (!isDtype(dtype)) throw new DtypeError(`${op}: dtype must be ${dtypeNames}; got ${show(dtype)}`);
}
