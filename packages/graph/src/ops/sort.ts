// Order along an axis. argsort is the one with a kernel; sort and topK take what it points at, so their gradients are those of
// gather.

import { argsort as argsortKernel } from '@treadle/kernels';
import { DtypeError, ShapeError } from '../errors.ts';
import { applyOp, type Node } from '../node.ts';
import type { TiledOp } from '../op.ts';
import { type OptionKinds, readOptions } from '../options.ts';
import { denseView, normalizeAxis, showShape, sizeOf } from '../shape.ts';
import { show } from '../show.ts';
import { add, mul } from './arithmetic.ts';
import { pick } from './gather.ts';
import { arange } from './index-lanes.ts';
import { reshape, slice, transpose } from './moves.ts';

export interface SortOptions {
  /** the largest first; false by default */
  readonly descending?: boolean;
}

const sortOptions: OptionKinds<SortOptions> = { descending: 'boolean' };

const keys = { float32: 'float', int32: 'integer', bool: 'mask' } as const;

/** rows [rows, n] → positions, int32. */
function orderOfRows(name: string, rows: Node, isDescending: boolean): Node {
  const op: TiledOp = {
    kind: 'tiled',
    name,
    key: `${name} ${isDescending ? 'descending' : 'ascending'}`,
    kernels: ({ inputs: [source], output }) => {
      if (!source) throw new Error('internal: argsort needs its input');
      const store = { slot: output, view: denseView(rows.shape) };
      return [
        argsortKernel({ name: `${name} ${rows.shape.join('×')}`, type: keys[rows.dtype], isDescending, source, store }),
      ];
    },
    gradient: () => [],
  };
  return applyOp(op, [rows], rows.shape, 'int32');
}

/** x with `axis` at its end, as rows; and back. */
interface Rows {
  readonly rows: Node;
  /** [rows, any number] → x's shape, but for the axis */
  back(rows: Node): Node;
}

function rowsAlong(name: string, x: Node, axis: number): Rows {
  const at = normalizeAxis(name, axis, x.shape.length);
  const rank = x.shape.length;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== at);
  const moved = at === rank - 1 ? x : transpose(x, [...others, at]);
  const outer = moved.shape.slice(0, -1);
  const n = moved.shape.at(-1) ?? 1;
  return {
    rows: reshape(moved, [sizeOf(outer), n]),
    back: (rows) => {
      const inPlace = reshape(rows, [...outer, rows.shape.at(-1) ?? 1]);
      if (at === rank - 1) return inPlace;
      const home = Array.from({ length: rank }, (_, i) => (i < at ? i : i === at ? rank - 1 : i - 1));
      return transpose(inPlace, home);
    },
  };
}

/** rows[r, positions[r, k]] */
function pickFromRows(rows: Node, positions: Node): Node {
  const [count = 1, n = 1] = rows.shape;
  const first = reshape(mul(arange(count), n), [count, 1]);
  return pick(reshape(rows, [count * n]), add(positions, first));
}

/**
 * The positions of the elements along the axis (the last by default) in their order, int32; equal elements as they stand. NaN is
 * above everything, as in NumPy; −0 equals 0.
 */
export function argsort(x: Node, axis = -1, options: SortOptions = {}): Node {
  const { descending = false } = readOptions('argsort', options, sortOptions);
  const { rows, back } = rowsAlong('argsort', x, axis);
  return back(orderOfRows('argsort', rows, descending));
}

/** The elements along the axis (the last by default) in their order. A gradient goes to where its element came from. */
export function sort(x: Node, axis = -1, options: SortOptions = {}): Node {
  const { descending = false } = readOptions('sort', options, sortOptions);
  const { rows, back } = rowsAlong('sort', x, axis);
  if (sizeOf(rows.shape) === 0) return x;
  return back(pickFromRows(rows, orderOfRows('argsort', rows, descending)));
}

/** The k largest elements along the axis (the last by default), the largest first, and their positions (int32). */
export function topK(x: Node, k: number, axis = -1): [values: Node, positions: Node] {
  const { rows, back } = rowsAlong('topK', x, axis);
  const [count = 1, n = 1] = rows.shape;
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new ShapeError(
      `topK: k must be a whole number from 0 to ${n}, what there is; got ${show(k)} for ${showShape(x.shape)}`,
    );
  }
  if (x.dtype === 'bool')
    throw new DtypeError("topK: x must be float32 or int32; got bool; cast('int32') makes 0 and 1");
  const positions = slice(orderOfRows('argsort', rows, true), [0, 0], [count, k]);
  const values = count * k === 0 ? slice(rows, [0, 0], [count, k]) : pickFromRows(rows, positions);
  return [back(values), back(positions)];
}
