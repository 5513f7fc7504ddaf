// What all reductions share. A reduce op reduces the last axes of its input; other axes are brought there by a transposition, which
// costs nothing, because it only reorders strides.

import { ShapeError } from '../../calls/errors.ts';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, ReduceOp } from '../../node.ts';
import { type Axes, normalizeAxes, showShape, sizeOf } from '../../shape.ts';
import { reshape } from '../moves/reshape.ts';
import { transpose } from '../moves/transpose.ts';

/** Options of reductions. */
export interface ReduceOptions {
  /** whether the reduced axes are kept, with extent 1; false by default */
  readonly keepDims?: boolean;
}

const reduceOptions: OptionKinds<ReduceOptions> = { keepDims: 'boolean' };

/** Whether the reduced axes are kept. Throws as readOptions does. */
export function keepsDims(op: string, options: ReduceOptions): boolean {
  return readOptions(op, options, reduceOptions).keepDims ?? false;
}

/** x transposed to [...kept extents, ...reduced extents]; both groups of axes keep their order. */
export function rowsOf(
  op: string,
  x: Node,
  axes: Axes,
): { rows: Node; kept: readonly number[]; keptDims: readonly number[] } {
  const rank = x.shape.length;
  if (axes === undefined) {
    return { rows: reshape(x, [sizeOf(x.shape)]), kept: [], keptDims: x.shape.map(() => 1) };
  }
  const reduced = normalizeAxes(op, axes, rank);
  const others = x.shape.map((_, i) => i).filter((i) => !reduced.includes(i));
  const kept = others.map((i) => x.shape[i] ?? 1);
  const rows = transpose(x, [...others, ...reduced]);
  return { rows, kept, keptDims: x.shape.map((extent, i) => (reduced.includes(i) ? 1 : extent)) };
}

/** The axes as indices from the front. Throws ShapeError for an empty one. */
export function nonEmptyAxes(op: string, x: Node, axes: Axes): readonly number[] {
  const reduced = normalizeAxes(op, axes, x.shape.length);
  const empty = reduced.find((axis) => x.shape[axis] === 0);
  if (empty === undefined) return reduced;
  throw new ShapeError(`${op}: an axis must not be empty; got ${showShape(x.shape)}, axis ${empty}`);
}

/** The result y of reducing `rows`, or its gradient, with the reduced axes back at the end, with extent 1, so that it broadcasts. */
export function column(y: Node, rows: Node): Node {
  return reshape(y, [...y.shape, ...rows.shape.slice(y.shape.length).map(() => 1)]);
}

/** The reduction of x over the axes by the op that `record` describes. */
export function reduceAxes(x: Node, axes: Axes, options: ReduceOptions, record: Omit<ReduceOp, 'kind' | 'axes'>): Node {
  const keepDims = keepsDims(record.name, options);
  const { rows, kept, keptDims } = rowsOf(record.name, x, axes);
  const y = applyOp({ kind: 'reduce', axes: rows.shape.length - kept.length, ...record }, [rows], kept, x.dtype);
  return keepDims ? reshape(y, keptDims) : y;
}

/** The axes of `rows` over which a reduction to y goes. */
export function lastAxes(rows: Node, y: Node): readonly number[] {
  return rows.shape.map((_, i) => i).slice(y.shape.length);
}
