// The gradient of a table whose rows were gathered (an embedding), as a list: rows, and the number of the table's row to which each
// belongs. Work on the list takes time in proportion to its length, not to the size of the table.

import {
  firstOccurrences as firstOccurrencesKernel,
  hashSize,
  lanes,
  setRows as setRowsKernel,
  sumRepeated as sumRepeatedKernel,
} from '@treadle/kernels';
import { applyOp, constantNode } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { denseView, sizeOf } from '../../shape.ts';
import { arange } from '../elementwise/arange.ts';
import { equal, where } from '../elementwise/comparison.ts';
import { reshape } from '../moves/reshape.ts';
import { broadcastTo } from '../reduce/sum-and-broadcast.ts';
import { gatherUnchecked, scatteredRowsOf } from './gather.ts';

/** Rows of a table; a row may be listed several times. */
export interface RowList {
  /** int32 [k], 0 … n − 1 */
  readonly indices: Node;
  /** int32 [k]: the position in the list where the same row is listed for the first time */
  readonly firsts: Node;
}

/** Rows of a table and their gradients: zeros where a row is listed again. The gradient of all other rows is 0. */
export interface RowGradients extends RowList {
  /** [k, …] for a table [n, …]: the sum over all entries of the row, with the same bits as the dense gradient */
  readonly sums: Node;
}

/** The rows of a gradient [n, …] that is a sum of scattered rows; undefined for any other gradient. */
export function rowGradients(gradient: Node): RowGradients | undefined {
  const [n = 0, ...inner] = gradient.shape;
  const list = scatteredRowsOf(gradient);
  const k = list?.indices.shape[0] ?? 0;
  if (!list || list.n !== n || k === 0) return undefined;
  const firsts = firstOccurrences(list.indices);
  const sums = sumRepeated(reshape(list.updates, [k, sizeOf(inner)]), firsts);
  return { indices: list.indices, firsts, sums: reshape(sums, [k, ...inner]) };
}

/** int32 [k] → the position of the first equal element, int32 [k]. */
function firstOccurrences(indices: Node): Node {
  const op: TiledOp = {
    kind: 'tiled',
    name: 'firstOccurrences',
    key: 'firstOccurrences',
    kernels: ({ inputs: [source], output, present, allocate }) => {
      if (!source) throw new Error('internal: firstOccurrences needs its input');
      const { shape } = indices;
      const store = { slot: output, view: denseView(shape) };
      const table = allocate(hashSize(sizeOf(shape)));
      return [firstOccurrencesKernel({ name: `firstOccurrences ${shape}`, indices: source, store, table, present })];
    },
    dynamicAxis: (_, axis) => axis,
    gradient: () => [],
  };
  return applyOp(op, [indices], indices.shape, 'int32');
}

/** rows [k, inner], firsts [k] → at each first position the sum of the rows that have it; zeros elsewhere. */
function sumRepeated(rows: Node, firsts: Node): Node {
  const op: TiledOp = {
    kind: 'tiled',
    name: 'sumRepeated',
    key: 'sumRepeated',
    kernels: ({ inputs: [from, at], output, present }) => {
      if (!from || !at) throw new Error('internal: sumRepeated needs its inputs');
      const store = { slot: output, view: denseView(rows.shape) };
      return [
        sumRepeatedKernel({ name: `sumRepeated ${rows.shape.join('×')}`, rows: from, firsts: at, store, present }),
      ];
    },
    dynamicAxis: (_, axis) => (axis === 0 ? 0 : undefined),
    gradient: (dy) => [gatherUnchecked(dy, firsts), undefined],
  };
  return applyOp(op, [rows, firsts], rows.shape, 'float32');
}

/** The listed rows of a table [n, …]: [k, …]. */
export function takeRows(table: Node, { indices }: RowList): Node {
  return gatherUnchecked(table, indices);
}

/**
 * table [n, …] with rows [k, …] in place of the listed ones; where a row is listed several times, its first entry counts, and an entry
 * whose first position is −1 is ignored. Where the table's memory may be overwritten, only these rows are written.
 */
export function setRows(table: Node, list: RowList, rows: Node): Node {
  const { indices, firsts } = list;
  const [n = 0, ...inner] = table.shape;
  const whole = [n, sizeOf(inner)];
  const matrix = [rows.shape[0] ?? 0, sizeOf(inner)];
  const name = `setRows ${matrix.join('×')} of ${n}`;
  const op: TiledOp = {
    kind: 'tiled',
    name: 'setRows',
    key: 'setRows',
    overwrites: 0,
    kernels: ({ inputs: [old, from, at, first], output, combined: count }) => {
      if (!old || !from || !at || !first) throw new Error('internal: setRows needs its inputs');
      const store = { slot: output, view: denseView(whole) };
      const set = setRowsKernel({ name, rows: from, indices: at, firsts: first, store, count });
      if (old.slot === output) return [set];
      const load = { operand: old, type: 'i32x4' } as const;
      const stores = [{ slot: output, view: denseView(table.shape) }];
      const all = { name: 'copy', key: 'copy', shape: table.shape, loads: [load], stores, cost: 0.1 };
      return [lanes({ ...all, body: (_, v) => v }), set];
    },
    dynamicAxis: (input, axis) => (input > 0 && axis === 0 ? 'combined' : undefined),
    gradient: (dy) => {
      const none = broadcastTo(constantNode(0, 'float32'), rows.shape);
      return [setRows(dy, list, none), reshape(firstRows(list, takeRows(dy, list)), matrix), undefined, undefined];
    },
  };
  return applyOp(op, [table, reshape(rows, matrix), indices, firsts], table.shape, table.dtype);
}

/** rows [k, …], with zeros where a row is listed again. */
function firstRows({ firsts }: RowList, rows: Node): Node {
  const [k = 0, ...inner] = rows.shape;
  const isFirst = equal(firsts, arange(k));
  return where(reshape(isFirst, [k, ...inner.map(() => 1)]), rows, 0);
}
