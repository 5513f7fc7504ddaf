// slice, which takes a box out of a tensor, and pad, which puts a tensor into a larger one as a box. They share a file because
// each is the gradient of the other.

import { type Kernel, lanes } from '@treadle/kernels';
import { f32x4, i32x4 } from '@treadle/wasm';
import { DtypeError, ShapeError } from '../../calls/errors.ts';
import { checkNumbers } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node, Op, TiledOp } from '../../node.ts';
import { denseView, type Shape, sameShape, showShape, sizeOf } from '../../shape.ts';
import { type Box, boxView } from './box.ts';

/**
 * x[begin[i] : end[i] : strides[i]] for every axis i, as NumPy: negative positions count from the end, positions beyond the
 * ends are clamped, axes not named are taken whole. Strides must be ≥ 1 (`flip` turns an axis around).
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
  if (wrong !== undefined) throw new ShapeError(`slice: strides must be ≥ 1; got ${wrong}; flip turns an axis around`);
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

/** x with `before` and `after` elements of `value` put around every axis: widths[i] = [before, after]. */
export function pad(x: Node, widths: readonly (readonly [number, number])[], value = 0): Node {
  if (!Array.isArray(widths) || widths.length !== x.shape.length || !widths.every(isPairOfCounts)) {
    throw new ShapeError(
      `pad: widths must be a pair of whole numbers ≥ 0 for every axis; got ${show(widths)} for ${showShape(x.shape)}; pad([[1, 2]]) puts one before and two after`,
    );
  }
  if (typeof value !== 'number') throw new DtypeError(`pad: the value must be a number; got ${typeof value}`);
  if (x.dtype === 'int32' && (value | 0) !== value) {
    throw new DtypeError(`pad: an int32 must be padded with a whole number of 32 bits; got ${value}`);
  }
  const shape = x.shape.map((extent, i) => (widths[i]?.[0] ?? 0) + extent + (widths[i]?.[1] ?? 0));
  if (sameShape(shape, x.shape)) return x;
  const part = { begin: widths.map(([before]) => before), strides: x.shape.map(() => 1), size: x.shape };
  return embed(x, shape, part, value);
}

function isPairOfCounts(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0);
}

export function sliceBox(x: Node, part: Box): Node {
  const op: MoveOp = {
    kind: 'move',
    name: 'slice',
    key: `slice ${part.begin};${part.strides};${part.size}`,
    view: (input) => boxView(part, input),
    gradient: (dy) => [embed(dy, x.shape, part, 0)],
  };
  return applyOp(op, [x], part.size, x.dtype);
}

/** A tensor of `shape` filled with `value`, in which x stands at the part. */
export function embed(x: Node, shape: Shape, part: Box, value: number): Node {
  const type = x.dtype === 'float32' ? 'f32x4' : 'i32x4';
  const word = x.dtype === 'bool' && value !== 0 ? -1 : value;
  const fill = type === 'f32x4' ? f32x4.const(word) : i32x4.const(word);
  const op: TiledOp = {
    kind: 'tiled',
    name: 'embed',
    key: `embed ${shape};${part.begin};${part.strides};${Object.is(value, -0) ? '-0' : value}`,
    kernels: ({ inputs: [input], output }) => {
      if (!input) throw new Error('internal: embed needs its input');
      const whole = denseView(shape);
      const kernels: Kernel[] = [];
      for (const { begin, size } of around(part, shape)) {
        const view = boxView({ begin, size, strides: shape.map(() => 1) }, whole);
        const stores = [{ slot: output, view }];
        const key = `fill ${type} ${Object.is(word, -0) ? '-0' : word}`;
        kernels.push(lanes({ name: 'fill', key, shape: size, loads: [], body: () => [fill], cost: 0.1, stores }));
      }
      const stores = [{ slot: output, view: boxView(part, whole) }];
      const loads = [{ operand: input, type } as const];
      kernels.push(
        lanes({ name: 'embed', key: 'copy', shape: part.size, loads, body: (_, v) => v, cost: 0.1, stores }),
      );
      return kernels;
    },
    gradient: (dy) => [sliceBox(dy, part)],
  };
  if (word === 0 && part.strides.every((stride) => stride === 1)) embeddedBoxes.set(op, part);
  return applyOp(op, [x], shape, x.dtype);
}

/** The ops that put a contiguous part among zeros. */
const embeddedBoxes = new WeakMap<Op, Box>();

/** Where a node that is zero elsewhere has its input, if it is such a node. */
export function boxAmongZeros({ op }: Node): Box | undefined {
  return op && embeddedBoxes.get(op);
}

/** So many elements are not filled twice; below, one kernel more costs more than that. */
const filledOnce = 65_536;

/** Boxes that hold everything around the part: all of a small shape, or where the part has gaps; otherwise what lies before and behind it along every axis. */
function around({ begin, strides, size }: Box, shape: Shape): readonly Pick<Box, 'begin' | 'size'>[] {
  if (sizeOf(size) === sizeOf(shape)) return [];
  const hasGaps = strides.some((stride, i) => stride !== 1 && (size[i] ?? 0) > 1);
  if (hasGaps || sizeOf(size) === 0 || sizeOf(shape) < filledOnce) return [{ begin: shape.map(() => 0), size: shape }];
  // Axis by axis: what is outside the part along it, and inside along the axes before.
  return shape.flatMap((extent, axis) => {
    const [first, length] = [begin[axis] ?? 0, size[axis] ?? 0];
    const box = (from: number, to: number): Pick<Box, 'begin' | 'size'> => ({
      begin: shape.map((_, i) => (i < axis ? (begin[i] ?? 0) : i === axis ? from : 0)),
      size: shape.map((whole, i) => (i < axis ? (size[i] ?? 0) : i === axis ? to - from : whole)),
    });
    return [box(0, first), box(first + length, extent)].filter((outside) => sizeOf(outside.size) > 0);
  });
}
