// What layers over windows share: how their options are read, and a layer that is a function of its input alone. The shape of
// a result is that of the op applied to a batch of one, of which nothing is ever computed.

import { type Pair, type Shape, ShapeError, show, type Tensor, zeros } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { type LayerOptions, type Mask, sampleShape, showSample } from '../../layer/layer.ts';
import { makeLayer } from '../../layer/make-layer.ts';

/** Whole numbers ≥ `least`, for each of both axes; throws RangeError, naming what they are for. */
export function pairFor(rule: string, size: Pair, least = 1): readonly [number, number] {
  const pair = typeof size === 'number' ? ([size, size] as const) : size;
  const isRight = Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= least);
  if (isRight) return pair;
  throw new RangeError(`${rule} must be a whole number ≥ ${least}, or two; got ${show(size)}`);
}

/** A whole number ≥ `least`; throws RangeError. */
export function countFor(rule: string, n: number, least = 1): number {
  if (Number.isSafeInteger(n) && n >= least) return n;
  throw new RangeError(`${rule} must be a whole number ≥ ${least}; got ${show(n)}`);
}

/** One of the names; throws RangeError. */
export function oneOf<const T extends string>(rule: string, name: T, names: readonly T[]): T {
  if (names.includes(name)) return name;
  throw new RangeError(`${rule} must be one of ${names.join(', ')}; got ${show(name)}`);
}

/** Throws ShapeError unless a sample has so many axes. */
export function requireAxes(kind: string, shape: Shape, axes: readonly string[]): void {
  if (shape.length === axes.length) return;
  throw new ShapeError(
    `${kind}: its input must be [batch, ${axes.join(', ')}]; got ${showSample(shape)}; reshape adds an axis`,
  );
}

export const imageAxes = ['rows', 'columns', 'channels'] as const;
export const sequenceAxes = ['steps', 'channels'] as const;

/** The shape of a sample of what `call` makes of samples of a shape. */
export function shapeAfter(shape: Shape, call: (x: Tensor) => Tensor): Shape {
  return call(zeros([1, ...shape])).shape.slice(1);
}

export interface PlainLayer {
  readonly kind: string;
  readonly axes: readonly string[];
  readonly options: LayerOptions;
  /** what is positional, for the config */
  readonly config: Readonly<Record<string, unknown>>;
  readonly call: (x: Tensor, mask?: Mask) => Tensor;
}

/** A layer without variables. */
export function plainLayer({ kind, axes, options, config, call }: PlainLayer): LayerFunction {
  return makeLayer({
    kind,
    options: { ...config, ...options },
    build: (shape) => {
      requireAxes(kind, shape, axes);
      return shapeAfter(shape, call);
    },
    needs: () => [],
    call: (x, { mask }) => {
      requireAxes(kind, sampleShape(kind, x), axes);
      return call(x, mask);
    },
  });
}
