// Making tensors: from numbers, and of a pattern.

import { type Dtype, type Node, numberNode, ops, type Shape, ShapeError } from '@treadle/graph';
import { Tensor } from './tensor.ts';
import { type Numbers, type TensorOptions, toNode } from './values.ts';

/**
 * A tensor of numbers: a number, arrays in arrays, or a typed array. `shape` is that of the arrays by default, `dtype`
 * float32 (bool for booleans, int32 for typed arrays of integers). Throws ShapeError for rows of unequal length.
 */
export function tensor(values: Numbers | Tensor, options: TensorOptions = {}): Tensor {
  if (values instanceof Tensor) {
    const shaped = options.shape ? values.reshape(options.shape) : values;
    return options.dtype ? shaped.cast(options.dtype) : shaped;
  }
  return new Tensor(toNode(values, options));
}

interface DtypeOption {
  /** float32 by default */
  readonly dtype?: Dtype;
}

/** `shape` filled with one value. */
export function full(shape: Shape, value: number, { dtype = 'float32' }: DtypeOption = {}): Tensor {
  return new Tensor(fullNode(shape, value, dtype));
}

function fullNode(shape: Shape, value: number, dtype: Dtype): Node {
  const number = dtype === 'bool' ? ops.cast(numberNode(value, 'float32'), 'bool') : numberNode(value, dtype);
  return ops.broadcastTo(number, shape);
}

export function zeros(shape: Shape, options?: DtypeOption): Tensor {
  return full(shape, 0, options);
}

export function ones(shape: Shape, options?: DtypeOption): Tensor {
  return full(shape, 1, options);
}

/** The identity matrix [n, n]; with `columns`, [n, columns]. */
export function eye(n: number, columns: number = n, { dtype = 'float32' }: DtypeOption = {}): Tensor {
  const isDiagonal = ops.equal(ops.expandDims(ops.arange(n), 1), ops.arange(columns));
  return new Tensor(ops.cast(isDiagonal, dtype));
}

/** arange(stop) or arange(start, stop, step): start, start + step, … before stop; int32 where all three are whole, as NumPy. */
export function arange(start: number, stop?: number, step = 1, options: DtypeOption = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isFinite(length))
    throw new RangeError(`arange: start, stop and step must be finite, step not 0; got ${from}, ${to}, ${step}`);
  const dtype = options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32');
  // start + i·step in float64, so that no error adds up
  return tensor(
    Float64Array.from({ length }, (_, i) => from + i * step),
    { dtype },
  );
}

/** `count` numbers from start to stop, both included, evenly spaced. */
export function linspace(start: number, stop: number, count = 50): Tensor {
  if (!Number.isInteger(count) || count < 0)
    throw new ShapeError(`linspace: count must be a whole number ≥ 0; got ${count}`);
  const last = Math.max(1, count - 1);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => (i === last ? stop : start + ((stop - start) * i) / last)),
  );
}
