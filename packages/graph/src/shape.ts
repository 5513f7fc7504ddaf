// Shapes: sizes, axes, broadcasting, strides. Pure functions on arrays of numbers.

import { denseStrides, sizeOf, type View } from '@treadle/kernels';
import { ShapeError } from './calls/errors.ts';
import { checkNumbers } from './calls/options.ts';
import { show } from './calls/show.ts';

/** The extents of a tensor's axes, outermost first; [] for a single number. */
export type Shape = readonly number[];

export { denseStrides, sizeOf };

/** One axis or several; negative axes count from the end. undefined means all axes. */
export type Axes = number | readonly number[] | undefined;

/** Whether both have the same extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Every tensor has fewer elements than this, because kernels count bytes in 31 bits. */
export const mostElements: number = 2 ** 29;

/** The shape itself. Throws ShapeError for too many elements. */
export function checkSize(op: string, shape: Shape): Shape {
  if (sizeOf(shape) < mostElements) return shape;
  throw new ShapeError(`${op}: a tensor must have fewer than 2²⁹ elements; got ${showShape(shape)}`);
}

/** `[2, 3]` */
export function showShape(shape: Shape): string {
  return `[${shape.map((extent) => show(extent)).join(', ')}]`;
}

/** The shape itself. Throws TypeError unless it is an array of numbers, ShapeError for extents that are not whole or too many elements. */
export function checkShape(op: string, shape: Shape): Shape {
  checkShapeKind(op, shape);
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new ShapeError(`${op}: extents must be integers ≥ 0; got ${showShape(shape)}`);
    }
  }
  return checkSize(op, shape);
}

/** Throws TypeError unless it is an array of numbers; the hint is for zeros(2, 3) in place of zeros([2, 3]). */
export function checkShapeKind(op: string, shape: Shape): void {
  const one: unknown = shape;
  checkNumbers(
    `${op}: the shape`,
    one,
    typeof one === 'number' ? `; a shape is one argument, as in ${op}([2, 3])` : '',
  );
}

/** The axis as an index from the front. Throws ShapeError for an axis that does not exist. */
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

/** The hint for an object of options in place of an axis. */
function hintFor(axis: unknown): string {
  return typeof axis === 'object' && axis !== null && !Array.isArray(axis)
    ? '; axes come before the options, as in sum(1, { keepDims: true })'
    : '';
}

/** The axes as indices from the front, in ascending order. Throws ShapeError for an axis that does not exist or is named twice. */
export function normalizeAxes(op: string, axes: Axes, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = listOf(op, axes).map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(list).size < list.length) {
    throw new ShapeError(`${op}: an axis may be named once; got ${show(axes)}`);
  }
  return list.sort((a, b) => a - b);
}

/** The shape to which both shapes broadcast: aligned at the end, extents equal or 1. Otherwise throws ShapeError, or `refusal()`. */
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

/** The view of a dense tensor. */
export function denseView(shape: Shape): View {
  return { shape, strides: denseStrides(shape), offset: 0 };
}

/** Whether the view is dense, in row-major order (the strides of axes of extent 1 do not matter). */
export function isDense(view: View): boolean {
  const dense = denseStrides(view.shape);
  return view.shape.every((extent, i) => extent === 1 || view.strides[i] === dense[i]) || sizeOf(view.shape) === 0;
}
