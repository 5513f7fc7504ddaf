// Order along an axis: one op, whose kernel gives the elements in order and where they stood. A gradient goes back there.

import { argsort as argsortKernel } from '@treadle/kernels';
import { DtypeError, ShapeError } from '../../calls/errors.ts';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import { laneOf } from '../../dtype.ts';
import type { Node } from '../../node.ts';
import { resultNodes } from '../../results.ts';
import { denseView, normalizeAxis, showShape, sizeOf } from '../../shape.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { asNumbers, cast } from '../elementwise/cast.ts';
import { arange } from '../elementwise/index-lanes.ts';
import { reshape, slice, transpose } from '../moves/moves.ts';
import { putBack } from './gather.ts';

export interface SortOptions {
  /** the largest first; false by default */
  readonly descending?: boolean;
}

const sortOptions: OptionKinds<SortOptions> = { descending: 'boolean' };

/** The first k of each row in order, [rows, k], and their positions there, int32: rows [rows, n]. */
function orderRows(rows: Node, k: number, isDescending: boolean): readonly [values: Node, positions: Node] {
  const [count = 1] = rows.shape;
  const shape = [count, k];
  const [values, positions] = resultNodes(
    {
      name: 'sort',
      key: `sort ${k} ${isDescending ? 'descending' : 'ascending'}`,
      results: [
        { shape, dtype: rows.dtype },
        { shape, dtype: 'int32' },
      ],
      kernels: ({ inputs: [source], outputs, present }) => {
        if (!source) throw new Error('internal: sort needs its input');
        const [toValues, toPositions] = outputs.map((slot) =>
          slot === undefined ? undefined : { slot, view: denseView(shape) },
        );
        const name = `sort ${rows.shape.join('×')}`;
        const stores = { values: toValues, positions: toPositions };
        return [argsortKernel({ name, type: laneOf(rows.dtype), isDescending, source, ...stores, present })];
      },
      ragged: (_, axis) => (axis === 0 ? 0 : undefined),
      gradientOfResults: ([dy], [, at], [source = rows]) => {
        if (!dy || !at) return [];
        const [, n = 1] = source.shape;
        const first = reshape(mul(arange(count), n), [count, 1]);
        return [reshape(putBack(dy, add(at, first), count * n), source.shape)];
      },
    },
    [rows],
  );
  if (!values || !positions) throw new Error('internal: sort has two results');
  return [values, positions];
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
    rows: asNumbers(reshape(moved, [sizeOf(outer), n])),
    back: (rows) => {
      const inPlace = reshape(rows, [...outer, rows.shape.at(-1) ?? 1]);
      if (at === rank - 1) return inPlace;
      const home = Array.from({ length: rank }, (_, i) => (i < at ? i : i === at ? rank - 1 : i - 1));
      return transpose(inPlace, home);
    },
  };
}

/**
 * The positions of the elements along the axis (the last by default) in their order, int32; equal elements as they stand. NaN is
 * above everything, as in NumPy; −0 equals 0.
 */
export function argsort(x: Node, axis = -1, options: SortOptions = {}): Node {
  const { descending = false } = readOptions('argsort', options, sortOptions);
  const { rows, back } = rowsAlong('argsort', x, axis);
  return back(orderRows(rows, rows.shape[1] ?? 1, descending)[1]);
}

/** The elements along the axis (the last by default) in their order. A gradient goes to where its element came from. */
export function sort(x: Node, axis = -1, options: SortOptions = {}): Node {
  const { descending = false } = readOptions('sort', options, sortOptions);
  const { rows, back } = rowsAlong('sort', x, axis);
  if (sizeOf(rows.shape) === 0) return x;
  return cast(back(orderRows(rows, rows.shape[1] ?? 1, descending)[0]), x.dtype);
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
  const [values, positions] = orderRows(rows, k, true);
  const [ordered, at] = [count * k === 0 ? slice(rows, [0, 0], [count, k]) : values, positions];
  return [cast(back(ordered), x.dtype), back(at)];
}
