// slice, which takes a box out of a tensor, and pad, which puts a tensor into a larger one as a box. They share a file because
// each is the gradient of the other.

import { type Kernel, lanes } from '@treadle/kernels';
import { f32x4, i32x4 } from '@treadle/wasm';
import { DtypeError, ShapeError } from '../../calls/errors.ts';
import { checkNumbers } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import { dtypes, laneOf, rounded } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node, Op, TiledOp } from '../../node.ts';
import { denseView, type Shape, sameShape, showShape, sizeOf } from '../../shape.ts';
import { type Box, boxView } from './box.ts';

/**
 * x[begin[i] : end[i] : strides[i]] for every axis i, as NumPy: negative positions count from the end, positions beyond the
 * ends are clamped, axes not named are taken whole. Strides must be ≥ 1 (`flip` reverses an axis).
 */
export function slice(
  x: Node,
  begin: readonly number[],
  end: readonly number[] = [],
  strides: readonly number[] = [],
): Node {
  const rank = x.shape.length;
  for (const [name, list] of Object.entries({ begin, end, strides })) {
    checkNumbers(`slice: ${name}`, list);
    if (list.length > rank || !list.every(Number.isInteger)) {
      throw new ShapeError(
        `slice: ${name} must be whole numbers, no more than there are axes; got ${showShape(list)} for ${showShape(x.shape)}`,
      );
    }
  }
  const wrong = strides.find((stride) => stride < 1);
  if (wrong !== undefined) throw new ShapeError(`slice: strides must be ≥ 1; got ${wrong}; flip reverses an axis`);
  const from = x.shape.map((extent, i) => clampPosition(begin[i] ?? 0, extent));
  const step = x.shape.map((_, i) => strides[i] ?? 1);
  const size = x.shape.map((extent, i) => {
    const to = clampPosition(end[i] ?? extent, extent);
    return Math.max(0, Math.ceil((to - (from[i] ?? 0)) / (step[i] ?? 1)));
  });
  if (sameShape(size, x.shape)) return x;
  return sliceBox(x, { begin: from, strides: step, size });
}

function clampPosition(position: number, extent: number): number {
  return Math.min(extent, Math.max(0, position < 0 ? position + extent : position));
}

function isWhole(value: number, least: number, greatest: number): boolean {
  return Number.isInteger(value) && value >= least && value <= greatest;
}

/** x with widths[i] = [before, after] elements of `value` around every axis i. */
export function pad(x: Node, widths: readonly (readonly [number, number])[], value = 0): Node {
  if (!Array.isArray(widths) || widths.length !== x.shape.length || !widths.every(isPairOfCounts)) {
    throw new ShapeError(
      `pad: widths must be a pair of whole numbers ≥ 0 for every axis; got ${show(widths)} for ${showShape(x.shape)}; pad([[1, 2]]) puts one before and two after`,
    );
  }
  if (typeof value !== 'number') throw new DtypeError(`pad: the value must be a number; got ${typeof value}`);
  const { range: [least, greatest] = [] } = dtypes[x.dtype];
  if (least !== undefined && greatest !== undefined && !isWhole(value, least, greatest)) {
    const numbers = `a whole number from ${least} to ${greatest}`;
    throw new DtypeError(`pad: the value of ${x.dtype} must be ${numbers}; got ${value}`);
  }
  const shape = x.shape.map((extent, i) => (widths[i]?.[0] ?? 0) + extent + (widths[i]?.[1] ?? 0));
  if (sameShape(shape, x.shape)) return x;
  const box = { begin: widths.map(([before]) => before), strides: x.shape.map(() => 1), size: x.shape };
  return embed(x, shape, box, value);
}

function isPairOfCounts(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0);
}

export function sliceBox(x: Node, box: Box): Node {
  const op: MoveOp = {
    kind: 'move',
    name: 'slice',
    key: `slice ${box.begin};${box.strides};${box.size}`,
    view: (input) => boxView(box, input),
    gradient: (dy) => [embed(dy, x.shape, box, 0)],
  };
  return applyOp(op, [x], box.size, x.dtype);
}

/** A tensor of `shape` filled with `value`, except for a box that holds x. */
export function embed(x: Node, shape: Shape, box: Box, value: number): Node {
  const { dtype } = x;
  const { kind, narrow } = dtypes[dtype];
  const type = laneOf(dtype);
  const number = rounded(dtype, value);
  const word = kind === 'mask' && number !== 0 ? -1 : number;
  const fill = type === 'f32x4' ? f32x4.const(word) : i32x4.const(word);
  const op: TiledOp = {
    kind: 'tiled',
    name: 'embed',
    takesNarrow: true,
    key: `embed ${shape};${box.begin};${box.strides};${Object.is(value, -0) ? '-0' : value}`,
    kernels: ({ inputs: [input], output }) => {
      if (!input) throw new Error('internal: embed needs its input');
      const whole = denseView(shape);
      const kernels: Kernel[] = [];
      for (const { begin, size } of around(box, shape)) {
        const view = boxView({ begin, size, strides: shape.map(() => 1) }, whole);
        const stores = [{ slot: output, view, narrow }];
        const key = `fill ${type} ${Object.is(word, -0) ? '-0' : word}`;
        kernels.push(lanes({ name: 'fill', key, shape: size, loads: [], body: () => [fill], cost: 0.1, stores }));
      }
      const stores = [{ slot: output, view: boxView(box, whole), narrow }];
      const loads = [{ operand: input, type } as const];
      kernels.push(lanes({ name: 'embed', key: 'copy', shape: box.size, loads, body: (_, v) => v, cost: 0.1, stores }));
      return kernels;
    },
    gradient: (dy) => [sliceBox(dy, box)],
  };
  if (word === 0 && box.strides.every((stride) => stride === 1)) embeddedBoxes.set(op, box);
  return applyOp(op, [x], shape, x.dtype);
}

/** the boxes, without gaps, of ops that embed in zeros */
const embeddedBoxes = new WeakMap<Op, Box>();

/** The box outside which a node is zero, if an op embedded its input there; undefined for any other node. */
export function boxAmongZeros({ op }: Node): Box | undefined {
  return op && embeddedBoxes.get(op);
}

/** From this size on, the elements of the box are not filled before they are written; below, a further kernel costs more. */
const filledOnce = 65_536;

/** Boxes that cover all elements outside a box: the whole, if it is small or the box has gaps; otherwise the elements before and after it. */
function around({ begin, strides, size }: Box, shape: Shape): readonly Pick<Box, 'begin' | 'size'>[] {
  if (sizeOf(size) === sizeOf(shape)) return [];
  const hasGaps = strides.some((stride, i) => stride !== 1 && (size[i] ?? 0) > 1);
  if (hasGaps || sizeOf(size) === 0 || sizeOf(shape) < filledOnce) return [{ begin: shape.map(() => 0), size: shape }];
  // For each axis: the elements outside the box along it, and inside along the axes before it.
  return shape.flatMap((extent, axis) => {
    const [first, length] = [begin[axis] ?? 0, size[axis] ?? 0];
    const outsideBox = (from: number, to: number): Pick<Box, 'begin' | 'size'> => ({
      begin: shape.map((_, i) => (i < axis ? (begin[i] ?? 0) : i === axis ? from : 0)),
      size: shape.map((whole, i) => (i < axis ? (size[i] ?? 0) : i === axis ? to - from : whole)),
    });
    return [outsideBox(0, first), outsideBox(first + length, extent)].filter((outside) => sizeOf(outside.size) > 0);
  });
}
