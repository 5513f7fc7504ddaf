// How tensors are made: from numbers, or by a pattern (zeros, ones, ranges, the identity matrix).

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
import { isNumbers, nodeOf, type TensorLike } from './operand.ts';
import { Tensor } from './tensor.ts';

/**
 * A tensor of numbers or booleans: a single one, a typed array, or nested arrays. The innermost arrays may be typed arrays, and
 * elements may be tensors of one shape, which are stacked. The numbers are copied.
 *
 * `shape` is that of the nested arrays by default; `dtype` is float32, but bool for booleans and int32 for typed arrays of integers.
 * With dtype uint8, numbers must be whole, from 0 to 255; with float16 they are rounded to the nearest.
 *
 * @throws ShapeError for rows of unequal length, or a shape of another number of elements; DtypeError for what is no number;
 * RangeError for a number that the dtype cannot store.
 * @example
 * ```ts
 * import { tensor } from 'treadle';
 * tensor([[1, 2], [3, 4]]).shape; // → [2, 2]
 * tensor(new Float32Array(6), { shape: [2, 3] }).shape; // → [2, 3]
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

/** x itself if it is a tensor (no new handle); otherwise a tensor of these numbers. */
export function asTensor(x: TensorLike): Tensor {
  return x instanceof Tensor ? x : tensor(x);
}

interface DtypeOption {
  /** float32 by default */
  readonly dtype?: Dtype;
}

const dtypeOption: OptionKinds<DtypeOption> = { dtype: 'any' };

/**
 * A tensor of a shape, filled with one value; float32 by default.
 *
 * @throws ShapeError for extents that are not whole numbers ≥ 0, RangeError for a value that the dtype cannot hold.
 * @example
 * ```ts
 * import { full } from 'treadle';
 * full([2, 2], 7); // → [[7, 7], [7, 7]]
 * ```
 */
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

/**
 * A tensor of a shape, filled with 0; float32 by default.
 *
 * @throws ShapeError for extents that are not whole numbers ≥ 0.
 * @example
 * ```ts
 * import { zeros } from 'treadle';
 * zeros([2, 3]); // → [[0, 0, 0], [0, 0, 0]]
 * ```
 */
export function zeros(shape: Shape, options: DtypeOption = {}): Tensor {
  return new Tensor(fullNode('zeros', shape, 0, options));
}

/**
 * A tensor of a shape, filled with 1; float32 by default.
 *
 * @throws ShapeError for extents that are not whole numbers ≥ 0.
 * @example
 * ```ts
 * import { ones } from 'treadle';
 * ones([3], { dtype: 'int32' }); // → [1, 1, 1]
 * ```
 */
export function ones(shape: Shape, options: DtypeOption = {}): Tensor {
  return new Tensor(fullNode('ones', shape, 1, options));
}

/**
 * The identity matrix [n, n]: 1 on the diagonal, 0 elsewhere. With `columns`, [n, columns].
 *
 * @throws ShapeError for sizes that are not whole numbers ≥ 0.
 * @example
 * ```ts
 * import { eye } from 'treadle';
 * eye(2); // → [[1, 0], [0, 1]]
 * ```
 */
export function eye(n: number, columns: number = n, options: DtypeOption = {}): Tensor {
  const { dtype = 'float32' } = readOptions('eye', options, dtypeOption);
  checkShape('eye', [n, columns]);
  const isDiagonal = ops.equal(ops.expandDims(ops.arange(n), 1), ops.arange(columns));
  return new Tensor(ops.cast(isDiagonal, dtype));
}

/**
 * start, start + step, … as far as before `stop`; `arange(stop)` starts at 0. The dtype is int32 where all three are whole numbers,
 * float32 otherwise, as in NumPy.
 *
 * @throws RangeError for a step of 0, or numbers that are not finite.
 * @example
 * ```ts
 * import { arange } from 'treadle';
 * arange(4); // → [0, 1, 2, 3]
 * arange(1, 2, 0.25); // → [1, 1.25, 1.5, 1.75]
 * ```
 */
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
  // start + i·step in float64, so that rounding errors do not add up
  return tensor(
    Float64Array.from({ length }, (_, i) => from + i * step),
    { dtype },
  );
}

/**
 * `count` evenly spaced numbers from `start` to `stop`, both included: [count], float32. 50 by default.
 *
 * @throws ShapeError for a count that is no whole number ≥ 0.
 * @example
 * ```ts
 * import { linspace } from 'treadle';
 * linspace(0, 1, 5); // → [0, 0.25, 0.5, 0.75, 1]
 * ```
 */
export function linspace(start: number, stop: number, count = 50): Tensor {
  for (const x of [start, stop]) checkNumber('linspace: start and stop', x);
  checkShape('linspace', [count]);
  const last = Math.max(1, count - 1);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => (i === last ? stop : start + ((stop - start) * i) / last)),
  );
}
