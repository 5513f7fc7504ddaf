// sort, argsort, topK: one op of two results, the elements in order and the positions they had. A gradient goes back to those.

import { argsort as argsortKernel } from '@treadle/kernels';
import { DtypeError, ShapeError } from '../../calls/errors.ts';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import { laneOf } from '../../dtype.ts';
import type { Node } from '../../node.ts';
import { resultNodes } from '../../results.ts';
import { denseView, normalizeAxis, showShape, sizeOf } from '../../shape.ts';
import { arange } from '../elementwise/arange.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { asNumbers, cast } from '../elementwise/cast.ts';
import { reshape } from '../moves/reshape.ts';
import { slice } from '../moves/slice-and-pad.ts';
import { transpose } from '../moves/transpose.ts';
import { scatterUnchecked } from './gather.ts';

/** Options of sort and argsort. */
export interface SortOptions {
  /** whether the largest comes first; false by default */
  readonly descending?: boolean;
}

const sortOptions: OptionKinds<SortOptions> = { descending: 'boolean' };

/** rows [rows, n] → the first k elements of each row in order, [rows, k], and the positions they had, int32. */
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
      dynamicAxis: (_, axis) => (axis === 0 ? 0 : undefined),
      gradientOfResults: ([dy], [, at], [source = rows]) => {
        if (!dy || !at) return [];
        const [, n = 1] = source.shape;
        const first = reshape(mul(arange(count), n), [count, 1]);
        return [reshape(scatterUnchecked(dy, add(at, first), count * n), source.shape)];
      },
    },
    [rows],
  );
  if (!values || !positions) throw new Error('internal: sort has two results');
  return [values, positions];
}

/** x as rows along an axis, and back. */
interface Rows {
  readonly rows: Node;
  /** [rows, any extent] → x's shape, with that extent along the axis */
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
 * The positions (int32) of the elements in ascending order along the axis, the last by default. Equal elements keep their order. NaN is
 * above everything, as in NumPy; −0 equals 0.
 */
export function argsort(x: Node, axis = -1, options: SortOptions = {}): Node {
  const { descending = false } = readOptions('argsort', options, sortOptions);
  const { rows, back } = rowsAlong('argsort', x, axis);
  return back(orderRows(rows, rows.shape[1] ?? 1, descending)[1]);
}

/** The elements in ascending order along the axis, the last by default. A gradient goes to the position its element had. */
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
      `topK: k must be a whole number from 0 to ${n}, the extent of the axis; got ${show(k)} for ${showShape(x.shape)}`,
    );
  }
  if (x.dtype === 'bool')
    throw new DtypeError("topK: x must be float32 or int32; got bool; cast('int32') makes 0 and 1");
  const [values, positions] = orderRows(rows, k, true);
  const [ordered, at] = [count * k === 0 ? slice(rows, [0, 0], [count, k]) : values, positions];
  return [cast(back(ordered), x.dtype), back(at)];
}
