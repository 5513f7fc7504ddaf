// dot: the products of two inputs, summed along an axis of each.

import { checkNumbers, type Shape, ShapeError, show, type Tensor } from '@treadle/tensor';
import { anything, flag, isPairOf } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { axesOf } from '../../layer/sample-axes.ts';

/** Options of `dot`. */
export interface DotOptions extends LayerOptions {
  /** whether both samples are divided by their length first, so that results are cosines; false by default */
  readonly normalize?: boolean | undefined;
}

const isNumber = (x: unknown): x is number => typeof x === 'number';

/**
 * Σ a·b along an axis of each of two inputs, where axis 0 is the batch: [batch, n] and [batch, n] → [batch, 1]; [batch, m, n] and
 * [batch, n, k] along axes 2 and 1 → [batch, m, k]. Building throws ShapeError for shapes that do not fit, RangeError for a wrong number of
 * inputs or axes.
 *
 * @example
 * ```ts
 * import { input, layers, model } from 'treadle';
 * const [a, b] = [input([2]), input([2])];
 * const product = model({ inputs: [a, b], outputs: layers.dot(1)([a, b]) });
 * await product.predict([[[1, 2]], [[3, 4]]]); // → [[11]]
 * ```
 */
export const dot: LayerKind<[axes: number | readonly [number, number]], DotOptions> = defineLayer(
  {
    kind: 'dot',
    arguments: [['axes', anything((x) => isNumber(x) || isPairOf(x, isNumber))]],
    options: { ...layerTypes, normalize: flag },
    instead: 'matmul(a, b) computes',
  },
  (axes, { normalize = false }) => {
    const pair = typeof axes === 'number' ? ([axes, axes] as const) : axes;
    checkNumbers('dot: axes', pair);
    if (pair.length !== 2) throw new RangeError(`dot: axes must be a number, or two; got ${show(axes)}`);
    return {
      buildAll: (shapes) => {
        const { a, b, i, j } = operandsOf(shapes, pair);
        const rest = [...a.filter((_, k) => k !== i - 1), ...b.filter((_, k) => k !== j - 1)];
        return [rest.length > 0 ? rest : [1]];
      },
      callAll: (xs) => {
        const { a, b, i, j } = operandsOf(
          xs.map((x) => x.shape.slice(1)),
          pair,
        );
        const [x, y] = xs.map((t, k) => (normalize ? unitLength(t, k === 0 ? i : j) : t));
        if (!x || !y) throw new Error('internal: dot needs two inputs');
        // as matrices [batch, rows, n] and [batch, n, columns]
        const left = a.length === 1 ? x.expandDims(1) : i === 2 ? x : x.transpose([0, 2, 1]);
        const right = b.length === 1 ? y.expandDims(2) : j === 1 ? y : y.transpose([0, 2, 1]);
        const product = left.matmul(right);
        const rest = [
          ...(a.length === 2 ? [product.shape[1] ?? 1] : []),
          ...(b.length === 2 ? [product.shape[2] ?? 1] : []),
        ];
        return [product.reshape([x.shape[0] ?? 1, ...(rest.length > 0 ? rest : [1])])];
      },
    };
  },
);

/** The shapes of both samples, and the axis of each that is summed over, counted with the batch. */
interface Operands {
  readonly a: Shape;
  readonly b: Shape;
  readonly i: number;
  readonly j: number;
}

function operandsOf(shapes: readonly Shape[], axes: readonly [number, number]): Operands {
  const [a, b] = shapes;
  if (!a || !b || shapes.length !== 2) throw new RangeError(`dot: there must be 2 inputs; got ${shapes.length}`);
  const [i, j] = [axesOf('dot', a, axes[0])[0] ?? 1, axesOf('dot', b, axes[1])[0] ?? 1];
  if (a.length > 2 || b.length > 2 || a[i - 1] !== b[j - 1]) {
    const got = `got [${a.join(', ')}], axis ${i}, and [${b.join(', ')}], axis ${j}`;
    throw new ShapeError(`dot: samples must have one or two axes, and the same extent along those summed over; ${got}`);
  }
  return { a, b, i, j };
}

function unitLength(x: Tensor, axis: number): Tensor {
  return x.mul(x.square().sum(axis, { keepDims: true }).maximum(1e-12).rsqrt());
}
