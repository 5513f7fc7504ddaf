// gather and scatterAdd: rows taken by index, and rows added up by index. They share a file because each is the gradient of the other.

import { gather as gatherKernel, scatterAdd as scatterAddKernel } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import { dtypes, isFloat } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, Op, TiledOp } from '../../node.ts';
import { denseView, normalizeAxis, type Shape, showShape, sizeOf } from '../../shape.ts';
import { widened } from '../elementwise/cast.ts';
import { requireDtype } from '../elementwise/lane.ts';
import { concat } from '../moves/concat.ts';
import { reshape } from '../moves/reshape.ts';
import { checkIndices } from './check-indices.ts';

// Kernels of both work on [outer, rows, inner]; nodes have their final shape at once, with the same elements in the same order.

/**
 * x [outer, n, inner], indices [i] → [outer, i, inner] as `shape`, in which `axis` is the first axis of the indices. With `count`,
 * int32 [], only the first `count` of the n rows are valid.
 */
function gatherRows(x: Node, indices: Node, shape: Shape, axis: number, count?: Node): Node {
  const [outer = 1, n = 1, inner = 1] = x.shape;
  const rows = [outer, indices.shape[0] ?? 0, inner];
  const op: TiledOp = {
    kind: 'tiled',
    name: 'gather',
    takesNarrow: true,
    key: `gather ${shape}`,
    kernels: ({ inputs: [source, at, there], output, present }) => {
      if (!source || !at) throw new Error('internal: gather needs its inputs');
      const store = { slot: output, view: denseView(rows), narrow: dtypes[x.dtype].narrow };
      return [gatherKernel({ name: `gather ${rows.join('×')}`, source, indices: at, store, count: there, present })];
    },
    dynamicAxis: (input) => (input === 1 ? axis : undefined),
    gradient: (dy) => [
      isFloat(x.dtype) ? scatterRows(reshape(dy, rows), indices, n, x.shape) : undefined,
      undefined,
      undefined,
    ],
  };
  return applyOp(op, count ? [x, indices, count] : [x, indices], shape, x.dtype);
}

/**
 * updates [outer, i, inner], indices [i] → [outer, n, inner] as `shape`: zero in rows without an index; updates of one row are added in
 * the order of the indices.
 */
function scatterRows(updates: Node, indices: Node, n: number, shape: Shape): Node {
  const [outer = 1, , inner = 1] = updates.shape;
  const rows = [outer, n, inner];
  const op: TiledOp = {
    kind: 'tiled',
    name: 'scatterAdd',
    key: `scatterAdd ${n};${shape}`,
    kernels: ({ inputs: [from, at], output, combined }) => {
      if (!from || !at) throw new Error('internal: scatterAdd needs its inputs');
      const store = { slot: output, view: denseView(rows) };
      const name = `scatterAdd ${rows.join('×')}`;
      return [scatterAddKernel({ name, type: 'f32x4', updates: from, indices: at, store, count: combined })];
    },
    dynamicAxis: (input, axis) => (axis === (input === 0 ? 1 : 0) ? 'combined' : undefined),
    gradient: (dy) => [gatherRows(reshape(dy, rows), indices, updates.shape, 1), undefined],
  };
  if (outer === 1) scatteredRows.set(op, n);
  return applyOp(op, [updates, indices], shape, updates.dtype);
}

/** n, for each op that adds rows to [1, n, inner] of zeros */
const scatteredRows = new WeakMap<Op, number>();

/** A node as a sum of rows, under any shape: updates [1, k, inner], each added to one of the n rows of zeros. */
export interface ScatteredRows {
  readonly n: number;
  readonly updates: Node;
  /** int32 [k], 0 … n − 1 */
  readonly indices: Node;
}

/** The rows of which a node is the sum; undefined for any other node. */
export function scatteredRowsOf(node: Node): ScatteredRows | undefined {
  let sum = node;
  while (sum.op?.kind === 'move' && sum.op.keepsOrder && sum.inputs[0]) sum = sum.inputs[0];
  const n = sum.op && scatteredRows.get(sum.op);
  const [updates, indices] = sum.inputs;
  return n !== undefined && updates && indices ? { n, updates, indices } : undefined;
}

/** The sum of several such nodes with the same n, as one node; rows are added in the order of the lists. */
export function joinScatteredRows(lists: readonly ScatteredRows[], shape: Shape): Node {
  const updates = concat(
    lists.map((list) => list.updates),
    1,
  );
  const indices = concat(lists.map((list) => list.indices));
  return scatterRows(updates, indices, lists[0]?.n ?? 0, shape);
}

/** Options of `gather`. */
export interface GatherOptions {
  /**
   * the name of the caller for a look-up by number: indices are 0 … n − 1, and may be floats, which are rounded towards zero. Without
   * it they are int32, and −n … −1 count from the end.
   */
  readonly lookUp?: string | undefined;
}

/**
 * The slices of x at `indices` (any shape) along the axis: x [a, n, b], indices [i, j], axis 1 → [a, i, j, b]. Throws RangeError for
 * an index out of range: at once where it is known, otherwise when the plan runs.
 */
export function gather(x: Node, indices: Node, axis = 0, { lookUp }: GatherOptions = {}): Node {
  const numbers = widened(indices);
  if (lookUp === undefined) requireDtype('gather', numbers, 'int32');
  else requireDtype(lookUp, numbers, 'int32', 'float32');
  const [at, n] = chosenAxis(x, numbers, axis);
  const checked = checkIndices(numbers, { op: lookUp ?? 'gather', n, countsFromEnd: lookUp === undefined });
  return gatherUnchecked(x, checked, at);
}

/**
 * gather for int32 indices that are known to be 0 … n − 1, such as those that an op computes. With `count`, int32 [], only the first
 * `count` ≥ 1 slices are valid; their number need not be known before a plan runs.
 */
export function gatherUnchecked(x: Node, indices: Node, axis = 0, count?: Node): Node {
  const [at, n] = chosenAxis(x, indices, axis);
  const before = x.shape.slice(0, at);
  const after = x.shape.slice(at + 1);
  const rows = reshape(x, [sizeOf(before), n, sizeOf(after)]);
  const shape = [...before, ...indices.shape, ...after];
  return gatherRows(rows, reshape(indices, [sizeOf(indices.shape)]), shape, at, count);
}

/** The axis as an index from the front, and its extent. */
function chosenAxis(x: Node, indices: Node, axis: number): readonly [axis: number, n: number] {
  const at = normalizeAxis('gather', axis, x.shape.length);
  const n = x.shape[at] ?? 1;
  if (n === 0 && sizeOf(indices.shape) > 0) {
    throw new ShapeError(`gather: the axis must not be empty; got ${showShape(x.shape)}, axis ${at}`);
  }
  return [at, n];
}

/** The adjoint of gather along axis 0: updates [...indices' shape, …inner], added to [n, …inner] of zeros. RangeError as for gather. */
export function scatterAdd(updates: Node, indices: Node, n: number): Node {
  const numbers = requireDtype('scatterAdd', widened(indices), 'int32');
  const values = requireDtype('scatterAdd', widened(updates), 'float32');
  const count = sizeOf(indices.shape);
  const fits =
    indices.shape.every((extent, i) => updates.shape[i] === extent) && updates.shape.length >= indices.shape.length;
  if (!fits) {
    throw new ShapeError(
      `scatterAdd: updates must begin with the shape of the indices; got ${showShape(updates.shape)} for ${showShape(indices.shape)}`,
    );
  }
  if (!Number.isInteger(n) || n < 0 || (n === 0 && count > 0)) {
    throw new ShapeError(
      `scatterAdd: n must be a whole number ≥ 0, and no less than 1 if there are indices; got ${n} for ${showShape(indices.shape)}`,
    );
  }
  return scatterUnchecked(values, checkIndices(numbers, { op: 'scatterAdd', n, countsFromEnd: false }), n);
}

/** scatterAdd for indices that are known to be 0 … n − 1. */
export function scatterUnchecked(updates: Node, indices: Node, n: number): Node {
  const inner = updates.shape.slice(indices.shape.length);
  const count = sizeOf(indices.shape);
  return scatterRows(reshape(updates, [1, count, sizeOf(inner)]), reshape(indices, [count]), n, [n, ...inner]);
}
