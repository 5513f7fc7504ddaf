// gather and scatterAdd, each the other's gradient: rows picked by index, and rows added up by index.

import { gather as gatherKernel, scatterAdd as scatterAddKernel } from '@treadle/kernels';
import { ShapeError } from '../errors.ts';
import { applyOp, type Node } from '../node.ts';
import type { TiledOp } from '../op.ts';
import { denseView, normalizeAxis, showShape, sizeOf } from '../shape.ts';
import { requireDtype } from './lane.ts';
import { reshape } from './moves.ts';

/** x [outer, n, inner], indices [i] → [outer, i, inner]. */
function gatherRows(x: Node, indices: Node): Node {
  const [outer = 1, n = 1, inner = 1] = x.shape;
  const shape = [outer, indices.shape[0] ?? 0, inner];
  const op: TiledOp = {
    kind: 'tiled',
    name: 'gather',
    key: 'gather',
    kernels: ({ inputs: [source, at], output }) => {
      if (!source || !at) throw new Error('internal: gather needs its inputs');
      return [
        gatherKernel({
          name: `gather ${shape.join('×')}`,
          source,
          indices: at,
          store: { slot: output, view: denseView(shape) },
        }),
      ];
    },
    gradient: (dy) => [x.dtype === 'float32' ? scatterRows(dy, indices, n) : undefined, undefined],
  };
  return applyOp(op, [x, indices], shape, x.dtype);
}

/** updates [outer, i, inner], indices [i] → [outer, n, inner], zero where no index points; duplicates add in index order. */
function scatterRows(updates: Node, indices: Node, n: number): Node {
  const [outer = 1, , inner = 1] = updates.shape;
  const shape = [outer, n, inner];
  const op: TiledOp = {
    kind: 'tiled',
    name: 'scatterAdd',
    key: `scatterAdd ${n}`,
    kernels: ({ inputs: [rows, at], output }) => {
      if (!rows || !at) throw new Error('internal: scatterAdd needs its inputs');
      const store = { slot: output, view: denseView(shape) };
      return [
        scatterAddKernel({ name: `scatterAdd ${shape.join('×')}`, type: 'f32x4', updates: rows, indices: at, store }),
      ];
    },
    gradient: (dy) => [gatherRows(dy, indices), undefined],
  };
  return applyOp(op, [updates, indices], shape, updates.dtype);
}

/**
 * The slices of x at `indices` (int32, any shape) along the axis: x [a, n, b], indices [i, j], axis 1 → [a, i, j, b].
 * Indices are taken to the nearest valid one; what checks them is the caller, who can read them.
 */
export function gather(x: Node, indices: Node, axis = 0): Node {
  requireDtype('gather', indices, 'int32');
  const at = normalizeAxis('gather', axis, x.shape.length);
  const extent = x.shape[at] ?? 1;
  if (extent === 0 && sizeOf(indices.shape) > 0) {
    throw new ShapeError(`gather: there must be something to choose from; got ${showShape(x.shape)}, axis ${at}`);
  }
  const before = x.shape.slice(0, at);
  const after = x.shape.slice(at + 1);
  const rows = reshape(x, [sizeOf(before), extent, sizeOf(after)]);
  const y = gatherRows(rows, reshape(indices, [sizeOf(indices.shape)]));
  return reshape(y, [...before, ...indices.shape, ...after]);
}

/** The adjoint of gather along axis 0: updates [...indices' shape, …inner] are added to a [n, …inner] of zeros. */
export function scatterAdd(updates: Node, indices: Node, n: number): Node {
  requireDtype('scatterAdd', indices, 'int32');
  requireDtype('scatterAdd', updates, 'float32');
  const inner = updates.shape.slice(indices.shape.length);
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
  const y = scatterRows(reshape(updates, [1, count, sizeOf(inner)]), reshape(indices, [count]), n);
  return reshape(y, [n, ...inner]);
}
