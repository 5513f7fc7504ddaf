// Making tensors: from numbers, and of a pattern.

import {
  checkNumber,
  checkShape,
  checkShapeKind,
  type Dtype,
  dtypes,
  type Node,
  numberNode,
  type OptionKinds,
  ops,
  readOptions,
  rounded,
  type Shape,
} from '@treadle/graph';
import { checkDtype, checkWhole, type TensorOptions, tensorOptions, toNode } from './convert/values.ts';
import { isNumbers, nodeOf, Tensor, type TensorLike } from './tensor.ts';

/**
 * A tensor of numbers: a number, a typed array, or arrays in arrays, whose innermost rows may be typed arrays and whose parts may
 * be tensors of one shape, which are stacked. `shape` is that of the arrays by default, `dtype` float32 (bool for booleans, int32
 * for typed arrays of integers; beside tensors the dtype that holds all). With dtype uint8, numbers must be whole, from 0 to 255
 * (RangeError otherwise); with float16 they are rounded to the nearest. Throws ShapeError for rows of unequal length.
 *
 * @example
 * ```ts
 * import { tensor } from 'treadle';
 * const image = tensor(Uint8Array.of(0, 51, 255), { dtype: 'uint8' }); // three bytes
 * image.cast('float32').div(255); // → [0, 0.2, 1]
 * image.add(1).dtype; // → "int32"
 * ```
 */
export function tensor(values: TensorLike, options: TensorOptions = {}): Tensor {
  readOptions('tensor', options, tensorOptions);
  if (!isNumbers(values)) {
    const node = nodeOf(values);
    const shaped = options.shape ? ops.reshape(node, options.shape) : node;
    return new Tensor(options.dtype ? ops.cast(shaped, options.dtype) : shaped);
  }
  return new Tensor(toNode(values, options));
}

/** x itself where it is a tensor, without another handle for it; otherwise the tensor of these numbers. */
export function asTensor(x: TensorLike): Tensor {
  return x instanceof Tensor ? x : tensor(x);
}

interface DtypeOption {
  /** float32 by default */
  readonly dtype?: Dtype;
}

const dtypeOption: OptionKinds<DtypeOption> = { dtype: 'any' };

/** `shape` filled with one value. */
export function full(shape: Shape, value: number, options: DtypeOption = {}): Tensor {
  return new Tensor(fullNode('full', shape, value, options));
}

function fullNode(op: string, shape: Shape, value: number, options: DtypeOption): Node {
  checkShapeKind(op, shape);
  const { dtype = 'float32' } = readOptions(op, options, dtypeOption);
  checkDtype(op, dtype);
  if (typeof value !== 'boolean') checkNumber(`${op}: the value`, value);
  checkShape(op, shape);
  const given = Number(value); // of a boolean
  const number = rounded(dtype, checkWhole(op, dtype, given));
  const node = numberNode(number, dtypes[dtype].kind === 'int' ? 'int32' : 'float32');
  return ops.broadcastTo(ops.cast(node, dtype), shape);
}

export function zeros(shape: Shape, options: DtypeOption = {}): Tensor {
  return new Tensor(fullNode('zeros', shape, 0, options));
}

export function ones(shape: Shape, options: DtypeOption = {}): Tensor {
  return new Tensor(fullNode('ones', shape, 1, options));
}

/** The identity matrix [n, n]; with `columns`, [n, columns]. */
export function eye(n: number, columns: number = n, options: DtypeOption = {}): Tensor {
  const { dtype = 'float32' } = readOptions('eye', options, dtypeOption);
  checkShape('eye', [n, columns]);
  const isDiagonal = ops.equal(ops.expandDims(ops.arange(n), 1), ops.arange(columns));
  return new Tensor(ops.cast(isDiagonal, dtype));
}

/** arange(stop) or arange(start, stop, step): start, start + step, … before stop; int32 where all three are whole, as NumPy. */
export function arange(start: number, stop?: number, step = 1, options: DtypeOption = {}): Tensor {
  readOptions('arange', options, dtypeOption);
  for (const x of [start, stop ?? 0, step]) checkNumber('arange: start, stop and step', x);
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isFinite(length))
    throw new RangeError(`arange: start, stop and step must be finite, step not 0; got ${from}, ${to}, ${step}`);
  checkShape('arange', [length]);
  const dtype = options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32');
  checkDtype('arange', dtype);
  if (length > 0) for (const end of [from, from + (length - 1) * step]) checkWhole('arange', dtype, end);
  // start + i·step in float64, so that no error adds up
  return tensor(
    Float64Array.from({ length }, (_, i) => from + i * step),
    { dtype },
  );
}

/** `count` numbers from start to stop, both included, evenly spaced. */
export function linspace(start: number, stop: number, count = 50): Tensor {
  for (const x of [start, stop]) checkNumber('linspace: start and stop', x);
  checkShape('linspace', [count]);
  const last = Math.max(1, count - 1);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => (i === last ? stop : start + ((stop - start) * i) / last)),
  );
}
