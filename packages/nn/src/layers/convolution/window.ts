// What layers over windows share: checks of their options, and the parts of a layer that is a function of its input alone. The shape
// of a result is the shape of the op applied to a batch of one, which is never computed.

import { type Pair, type Shape, ShapeError, show, type Tensor, zeros } from '@treadle/tensor';
import { sampleShape, showSample } from '../../layer/layer.ts';
import type { LayerParts } from '../../layer/make-layer.ts';
import type { Mask } from '../../layer/mask.ts';

/** A whole number ≥ `least` for each of two axes. Throws RangeError; `what` begins the message, as in 'conv2d: strides'. */
export function checkPair(what: string, size: Pair, least = 1): readonly [number, number] {
  const pair = typeof size === 'number' ? ([size, size] as const) : size;
  const isRight = Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= least);
  if (isRight) return pair;
  throw new RangeError(`${what} must be a whole number ≥ ${least}, or two; got ${show(size)}`);
}

/** One of the names. Throws RangeError; `what` begins the message, as in 'conv2d: padding'. */
export function checkOneOf<const T extends string>(what: string, name: T, names: readonly T[]): T {
  if (names.includes(name)) return name;
  throw new RangeError(`${what} must be one of ${names.join(', ')}; got ${show(name)}`);
}

/** Throws ShapeError unless a sample has these axes. */
export function checkSampleAxes(kind: string, shape: Shape, axes: readonly string[]): void {
  if (shape.length === axes.length) return;
  throw new ShapeError(
    `${kind}: its input must be [batch, ${axes.join(', ')}]; got ${showSample(shape)}; reshape adds an axis`,
  );
}

/** The axes of an image, without the batch. */
export const imageAxes = ['rows', 'columns', 'channels'] as const;
/** The axes of a sequence, without the batch. */
export const sequenceAxes = ['steps', 'channels'] as const;

/** How windows at the edges are treated: 'valid' leaves them out, 'same' pads, so that the result has as many places as the input. */
export const paddings = ['valid', 'same'] as const;

/** The shape of one sample of the result of `call` for samples of a shape. */
export function shapeAfter(shape: Shape, call: (x: Tensor) => Tensor): Shape {
  return call(zeros([1, ...shape])).shape.slice(1);
}

/** The parts of a layer without variables, which computes `call` for samples with these axes. */
export function windowParts(
  kind: string,
  axes: readonly string[],
  call: (x: Tensor, mask?: Mask) => Tensor,
): LayerParts {
  return {
    build: (shape) => {
      checkSampleAxes(kind, shape, axes);
      return shapeAfter(shape, call);
    },
    needs: () => [],
    call: (x, { mask }) => {
      checkSampleAxes(kind, sampleShape(kind, x), axes);
      return call(x, mask);
    },
  };
}
