// Shapes and what is asked of them: sizes, axes, broadcasting, strides. Pure functions on arrays of numbers.

import type { View } from '@treadle/kernels';
import { ShapeError } from './calls/errors.ts';
import { checkNumbers } from './calls/options.ts';
import { show } from './calls/show.ts';

export type Shape = readonly number[];

/** One axis or several, negative ones counted from the end; undefined is all of them. */
export type Axes = number | readonly number[] | undefined;

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A tensor has fewer elements: kernels count bytes in 31 bits. */
export const mostElements: number = 2 ** 29;

/** Throws ShapeError for a shape of too many elements. */
export function checkSize(op: string, shape: Shape): Shape {
  if (sizeOf(shape) < mostElements) return shape;
  throw new ShapeError(`${op}: a tensor must have fewer than 2²⁹ elements; got ${showShape(shape)}`);
}

/** `[2, 3]` */
export function showShape(shape: Shape): string {
  return `[${shape.map((extent) => show(extent)).join(', ')}]`;
}

/** The shape itself. Throws TypeError for what is no array of numbers, ShapeError for extents that are not whole, or too many elements. */
export function checkShape(op: string, shape: Shape): Shape {
  checkShapeKind(op, shape);
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new ShapeError(`${op}: extents must be integers ≥ 0; got ${showShape(shape)}`);
    }
  }
  return checkSize(op, shape);
}

/** Throws TypeError for what is no array of numbers, such as the first extent of a shape. */
export function checkShapeKind(op: string, shape: Shape): void {
  const one: unknown = shape;
  checkNumbers(
    `${op}: the shape`,
    one,
    typeof one === 'number' ? `; a shape is one argument, as in ${op}([2, 3])` : '',
  );
}

/** The axis as an index from the front. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const rule = rank === 0 ? 'a 0-d tensor has no axes' : `axis must be one of -${rank} … ${rank - 1}`;
    throw new ShapeError(`${op}: ${rule}; got ${show(axis)}${hintFor(axis)}`);
  }
  return axis < 0 ? axis + rank : axis;
}

function listOf(op: string, axes: number | readonly number[]): readonly number[] {
  if (typeof axes === 'number') return [axes];
  if (Array.isArray(axes)) return axes;
  const given: unknown = axes;
  throw new TypeError(`${op}: axes must be a number or an array of numbers; got ${show(given)}${hintFor(given)}`);
}

/** What an object of options in the place of an axis is told. */
function hintFor(axis: unknown): string {
  return typeof axis === 'object' && axis !== null && !Array.isArray(axis)
    ? '; axes come before the options, as in sum(1, { keepDims: true })'
    : '';
}

/** The axes from the front, ascending, each once. */
export function normalizeAxes(op: string, axes: Axes, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = listOf(op, axes).map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(list).size < list.length) {
    throw new ShapeError(`${op}: an axis may be named once; got ${show(axes)}`);
  }
  return list.sort((a, b) => a - b);
}

/** The shape that both shapes stretch to: aligned at the end, extents equal or 1. Throws ShapeError, `refusal` where it is given. */
export function broadcastShapes(op: string, a: Shape, b: Shape, refusal?: () => ShapeError): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      if (refusal) throw refusal();
      throw new ShapeError(
        `${op}: shapes must be equal or 1 axis by axis, from the end; got ${showShape(a)} and ${showShape(b)}`,
      );
    }
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** Strides of elements that lie together in row-major order. */
export function denseStrides(shape: Shape): readonly number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] ?? 1;
  }
  return strides;
}

export function denseView(shape: Shape): View {
  return { shape, strides: denseStrides(shape), offset: 0 };
}

/** Whether the view's elements lie together in row-major order (axes of extent 1 do not matter). */
export function isDense(view: View): boolean {
  const dense = denseStrides(view.shape);
  return view.shape.every((extent, i) => extent === 1 || view.strides[i] === dense[i]) || sizeOf(view.shape) === 0;
}
