// Shapes and what is asked of them: sizes, axes, broadcasting, strides. Pure functions on arrays of numbers.

import type { View } from '@treadle/kernels';
import { ShapeError } from './errors.ts';

export type Shape = readonly number[];

/** One axis or several, negative ones counted from the end; undefined is all of them. */
export type Axes = number | readonly number[] | undefined;

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a === b || (a.length === b.length && a.every((extent, i) => extent === b[i]));
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
  return `[${shape.join(', ')}]`;
}

export function checkShape(op: string, shape: Shape): Shape {
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new ShapeError(`${op}: extents must be integers ≥ 0; got ${showShape(shape)}`);
    }
  }
  return checkSize(op, shape);
}

/** The axis as an index from the front. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const rule = rank === 0 ? 'a 0-d tensor has no axes' : `axis must be one of -${rank} … ${rank - 1}`;
    throw new ShapeError(`${op}: ${rule}; got ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** The axes from the front, ascending, each once. */
export function normalizeAxes(op: string, axes: Axes, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(list).size < list.length) {
    throw new ShapeError(
      `${op}: an axis may be named once; got ${showShape(typeof axes === 'number' ? [axes] : axes)}`,
    );
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
