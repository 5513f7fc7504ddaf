// Layers that make one of several inputs: element by element (add, subtract, multiply, average, maximum, minimum), side by side
// (concatenate), or multiplied (dot). A step counts where it does in every input that has a mask.

import { checkNumbers, concat, type OptionKinds, type Shape, ShapeError, show, type Tensor } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import type { LayerOptions, Mask } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions, refuseTensors } from '../../layer/layer-options.ts';
import { makeLayerOfMany } from '../../layer/make-layer.ts';
import { axesOf } from '../normalization/scale-and-shift.ts';

/** The sum of all inputs. */
export function add(options: LayerOptions = {}): LayerFunction {
  return elementwise('add', 'add(a, b) computes', options, (a, b) => a.add(b));
}

/** The first of two inputs without the second. */
export function subtract(options: LayerOptions = {}): LayerFunction {
  return elementwise('subtract', 'sub(a, b) computes', options, (a, b) => a.sub(b), 2);
}

/** The product of all inputs, element by element. */
export function multiply(options: LayerOptions = {}): LayerFunction {
  return elementwise('multiply', 'mul(a, b) computes', options, (a, b) => a.mul(b));
}

/** The mean of all inputs, element by element. */
export function average(options: LayerOptions = {}): LayerFunction {
  return elementwise(
    'average',
    'a.add(b).div(2) computes',
    options,
    (a, b) => a.add(b),
    undefined,
    (sum, count) => sum.mul(1 / count),
  );
}

/** The largest of all inputs, element by element. */
export function maximum(options: LayerOptions = {}): LayerFunction {
  return elementwise('maximum', 'maximum(a, b) computes', options, (a, b) => a.maximum(b));
}

/** The smallest of all inputs, element by element. */
export function minimum(options: LayerOptions = {}): LayerFunction {
  return elementwise('minimum', 'minimum(a, b) computes', options, (a, b) => a.minimum(b));
}

function elementwise(
  kind: string,
  instead: string,
  options: LayerOptions,
  combine: (a: Tensor, b: Tensor) => Tensor,
  count?: number,
  finish: (result: Tensor, count: number) => Tensor = (result) => result,
): LayerFunction {
  readLayerOptions(kind, options, layerOptions, instead);
  const counted = <T>(inputs: readonly T[]): readonly T[] => {
    if (inputs.length > 0 && inputs.length === (count ?? inputs.length)) return inputs;
    throw new RangeError(`${kind}: there must be ${count ?? 'one or more'} inputs; got ${inputs.length}`);
  };
  return makeLayerOfMany({
    kind,
    options: { ...options },
    needs: () => [],
    buildAll: (shapes) => [counted(shapes).reduce((a, b) => broadcast(kind, a, b))],
    callAll: (xs) => [finish(counted(xs).reduce(combine), xs.length)],
    outputMask: allMasks,
  });
}

function allMasks(_: readonly Tensor[], masks: readonly Mask[]): Mask {
  return masks.reduce((all, mask) => (all && mask ? all.logicalAnd(mask) : (all ?? mask)), undefined);
}

function broadcast(kind: string, a: Shape, b: Shape): Shape {
  const fits = a.length === b.length && a.every((extent, i) => extent === b[i] || extent === 1 || b[i] === 1);
  if (fits) return a.map((extent, i) => (extent === 1 ? (b[i] ?? 1) : extent));
  const got = `got [${a.join(', ')}] and [${b.join(', ')}]`;
  throw new ShapeError(`${kind}: samples must have the same shape, or extents of 1 to be stretched; ${got}`);
}

export interface ConcatenateOptions extends LayerOptions {
  /** the batch being axis 0; the last by default */
  readonly axis?: number | undefined;
}

const concatenateOptions: OptionKinds<ConcatenateOptions> = {
  ...layerOptions,
  axis: 'number',
};

/** All inputs side by side along an axis; their other extents are equal. */
export function concatenate(options: ConcatenateOptions = {}): LayerFunction {
  const { axis = -1 } = readLayerOptions('concatenate', options, concatenateOptions, 'concat([a, b]) computes');
  const axisOf = (shape: Shape): number => axesOf('concatenate', shape, axis)[0] ?? 1;
  return makeLayerOfMany({
    kind: 'concatenate',
    options: { ...options },
    needs: () => [],
    buildAll: (shapes) => {
      const [first] = shapes;
      if (!first) throw new RangeError('concatenate: there must be one or more inputs; got 0');
      const at = axisOf(first) - 1;
      for (const shape of shapes) {
        if (shape.length === first.length && shape.every((extent, i) => i === at || extent === first[i])) continue;
        const got = shapes.map((each) => `[${each.join(', ')}]`).join(', ');
        throw new ShapeError(`concatenate: all extents but that of axis ${at + 1} must be equal; got ${got}`);
      }
      const length = shapes.reduce((sum, shape) => sum + (shape[at] ?? 0), 0);
      return [first.map((extent, i) => (i === at ? length : extent))];
    },
    callAll: (xs) => [concat(xs, axisOf(xs[0]?.shape.slice(1) ?? []))],
    outputMask: (xs, masks) => {
      // along the steps themselves, masks would have to be joined; elsewhere all inputs have the same steps
      const isAlongSteps = axisOf(xs[0]?.shape.slice(1) ?? []) === 1 && (xs[0]?.rank ?? 0) > 2;
      return isAlongSteps ? undefined : allMasks(xs, masks);
    },
  });
}

export interface DotOptions extends LayerOptions {
  /** whether samples are divided by their length first, so that the result is the cosine of their angle; false by default */
  readonly normalize?: boolean | undefined;
}

const dotOptions: OptionKinds<DotOptions> = {
  ...layerOptions,
  normalize: 'boolean',
};

/** Σ a·b over an axis of each of two inputs, [batch, n] or [batch, n, m], the batch being axis 0. */
export function dot(axes: number | readonly [number, number], options: DotOptions = {}): LayerFunction {
  refuseTensors('dot', axes, 'matmul(a, b) computes');
  const { normalize = false } = readLayerOptions('dot', options, dotOptions);
  const pair = typeof axes === 'number' ? ([axes, axes] as const) : axes;
  checkNumbers('dot: axes', pair);
  if (pair.length !== 2) throw new RangeError(`dot: axes must be a number, or two; got ${show(axes)}`);
  const find = (shapes: readonly Shape[]) => {
    const [a, b] = shapes;
    if (!a || !b || shapes.length !== 2) throw new RangeError(`dot: there must be 2 inputs; got ${shapes.length}`);
    const [i, j] = [axesOf('dot', a, pair[0])[0] ?? 1, axesOf('dot', b, pair[1])[0] ?? 1];
    if (a.length > 2 || b.length > 2 || a[i - 1] !== b[j - 1]) {
      const got = `got [${a.join(', ')}], axis ${i}, and [${b.join(', ')}], axis ${j}`;
      throw new ShapeError(
        `dot: samples must have one or two axes, and the same extent along those summed over; ${got}`,
      );
    }
    return { a, b, i, j };
  };
  return makeLayerOfMany({
    kind: 'dot',
    options: { axes, ...options },
    buildAll: (shapes) => {
      const { a, b, i, j } = find(shapes);
      const rest = [...a.filter((_, k) => k !== i - 1), ...b.filter((_, k) => k !== j - 1)];
      return [rest.length > 0 ? rest : [1]];
    },
    callAll: (xs) => {
      const { a, b, i, j } = find(xs.map((x) => x.shape.slice(1)));
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
  });
}

function unitLength(x: Tensor, axis: number): Tensor {
  return x.mul(x.square().sum(axis, { keepDims: true }).maximum(1e-12).rsqrt());
}
