// Windows over images [batch, rows, columns, channels] and sequences [batch, steps, channels]: convolutions and pooling, in
// float32, and resizing. rows′ and columns′ are as in Keras: ⌈rows / stride⌉ with padding 'same', ⌊(rows − window) / stride⌋ + 1
// with 'valid'.

import {
  type Conv1dOptions,
  type ConvOptions,
  type ConvTransposeOptions,
  type DilatedOptions,
  type Interpolation,
  ops,
  type Pair,
  type PoolOptions,
} from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * The convolution (cross-correlation) of x [batch, steps, channels] with w [steps, channels / groups, filters] →
 * [batch, steps′, filters].
 *
 * @throws ShapeError where shapes do not fit, RangeError for options that do not exist.
 * @example
 * ```ts
 * import { tensor } from 'treadle';
 * const x = tensor([1, 2, 3, 4], { shape: [1, 4, 1] });
 * x.conv1d(tensor([1, 1], { shape: [2, 1, 1] })).flatten(); // → [3, 5, 7]
 * ```
 */
export function conv1d(x: TensorLike, w: TensorLike, options?: Conv1dOptions): Tensor {
  return new Tensor(ops.conv1d(nodeOf(x), nodeOf(w), options));
}

/**
 * The convolution (cross-correlation) of x [batch, rows, columns, channels] with w [rows, columns, channels / groups, filters] →
 * [batch, rows′, columns′, filters].
 *
 * @throws ShapeError where shapes do not fit, RangeError for options that do not exist.
 * @example
 * ```ts
 * import { ones, tensor } from 'treadle';
 * const image = tensor([[1, 2, 3], [4, 5, 6]]).reshape([1, 2, 3, 1]);
 * image.conv2d(ones([2, 2, 1, 1])).flatten(); // → [12, 16]
 * ```
 */
export function conv2d(x: TensorLike, w: TensorLike, options?: ConvOptions): Tensor {
  return new Tensor(ops.conv2d(nodeOf(x), nodeOf(w), options));
}

/**
 * The adjoint of conv2d: x [batch, rows, columns, channels] and w [rows, columns, filters, channels] → [batch, rows′, columns′,
 * filters], rows′ being rows · stride with padding 'same'.
 *
 * @throws ShapeError where shapes do not fit, RangeError for options that do not exist.
 * @example
 * ```ts
 * import { ones } from 'treadle';
 * ones([1, 2, 2, 1]).conv2dTranspose(ones([2, 2, 1, 1]), { strides: 2 }).shape; // → [1, 4, 4, 1]
 * ```
 */
export function conv2dTranspose(x: TensorLike, w: TensorLike, options?: ConvTransposeOptions): Tensor {
  return new Tensor(ops.conv2dTranspose(nodeOf(x), nodeOf(w), options));
}

/**
 * The convolution of each channel by itself: x [batch, rows, columns, channels] with w [rows, columns, channels, multiplier] →
 * [batch, rows′, columns′, channels · multiplier].
 *
 * @throws ShapeError where shapes do not fit, RangeError for options that do not exist.
 * @example
 * ```ts
 * import { ones } from 'treadle';
 * ones([1, 4, 4, 3]).depthwiseConv2d(ones([3, 3, 3, 2]), { padding: 'same' }).shape; // → [1, 4, 4, 6]
 * ```
 */
export function depthwiseConv2d(x: TensorLike, w: TensorLike, options?: DilatedOptions): Tensor {
  return new Tensor(ops.depthwiseConv2d(nodeOf(x), nodeOf(w), options));
}

/**
 * The largest element of each window of each channel of x [batch, rows, columns, channels]; NaN where there is one. The gradient
 * goes to the first element that is largest. The layer of it is `maxPooling2d`.
 *
 * @throws ShapeError where a window does not fit, RangeError for options that do not exist.
 * @example
 * ```ts
 * import { maxPool2d, tensor } from 'treadle';
 * const image = tensor([[1, 2, 3, 4], [5, 6, 7, 8]]).reshape([1, 2, 4, 1]);
 * maxPool2d(image, 2).flatten(); // → [6, 8]
 * ```
 */
export function maxPool2d(x: TensorLike, size: Pair, options?: PoolOptions): Tensor {
  return new Tensor(ops.maxPool2d(nodeOf(x), size, options));
}

/**
 * The mean of each window of each channel of x [batch, rows, columns, channels], over those elements of the window that are inside
 * the image. The layer of it is `averagePooling2d`.
 *
 * @throws ShapeError where a window does not fit, RangeError for options that do not exist.
 * @example
 * ```ts
 * import { averagePool2d, tensor } from 'treadle';
 * const image = tensor([[1, 2, 3, 4], [5, 6, 7, 8]]).reshape([1, 2, 4, 1]);
 * averagePool2d(image, 2).flatten(); // → [3.5, 5.5]
 * ```
 */
export function averagePool2d(x: TensorLike, size: Pair, options?: PoolOptions): Tensor {
  return new Tensor(ops.averagePool2d(nodeOf(x), size, options));
}

/**
 * Images x [batch, rows, columns, channels] at another size [rows′, columns′], by 'nearest' neighbour (the default) or 'bilinear'
 * interpolation between the centres of pixels, as in Keras.
 *
 * @throws ShapeError for images without pixels, RangeError for a size or an interpolation that does not exist.
 * @example
 * ```ts
 * import { resize, tensor } from 'treadle';
 * const image = tensor([[1, 2]]).reshape([1, 1, 2, 1]);
 * resize(image, [1, 4]).flatten(); // → [1, 1, 2, 2]
 * ```
 */
export function resize(x: TensorLike, size: Pair, interpolation?: Interpolation): Tensor {
  return new Tensor(ops.resize(nodeOf(x), size, interpolation));
}
