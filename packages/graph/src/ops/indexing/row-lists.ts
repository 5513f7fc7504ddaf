// The gradient of a table of which rows were picked, as what it is made of: a list of rows, and of which row of the table each
// is a part. What is done with the list costs what the list's length asks for, whatever the size of the table.

import {
  firstOccurrences as firstPlacesKernel,
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

/** Rows of a table, each of which may be named several times. */
export interface RowList {
  /** int32 [k], 0 … n − 1 */
  readonly indices: Node;
  /** int32 [k]: where in the list the same row is named for the first time */
  readonly firsts: Node;
}

/** Rows of a table, and the gradient of each: zeros where the list names the row again. Rows that it does not name have none. */
export interface RowGradients extends RowList {
  /** [k, …] for a table [n, …]: the sum of all that the list has for the row, to the bit what the dense gradient has there */
  readonly sums: Node;
}

/** The rows of a gradient [n, …] that was added up from some rows alone; undefined for any other. */
export function rowGradients(gradient: Node): RowGradients | undefined {
  const [n = 0, ...inner] = gradient.shape;
  const list = scatteredRowsOf(gradient);
  const k = list?.indices.shape[0] ?? 0;
  if (!list || list.n !== n || k === 0) return undefined;
  const firsts = firstPlaces(list.indices);
  const sums = sumRepeated(reshape(list.updates, [k, sizeOf(inner)]), firsts);
  return { indices: list.indices, firsts, sums: reshape(sums, [k, ...inner]) };
}

/** int32 [k] → for each the place of the first that is equal, int32. */
function firstPlaces(indices: Node): Node {
  const op: TiledOp = {
    kind: 'tiled',
    name: 'firstPlaces',
    key: 'firstPlaces',
    kernels: ({ inputs: [source], output, present, allocate }) => {
      if (!source) throw new Error('internal: firstPlaces needs its input');
      const { shape } = indices;
      const store = { slot: output, view: denseView(shape) };
      const table = allocate(hashSize(sizeOf(shape)));
      return [firstPlacesKernel({ name: `firstPlaces ${shape}`, indices: source, store, table, present })];
    },
    dynamicAxis: (_, axis) => axis,
    gradient: () => [],
  };
  return applyOp(op, [indices], indices.shape, 'int32');
}

/** rows [k, inner], firsts [k] → the sums of the rows with the same first place, there; zeros elsewhere. */
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

/** The rows of a table [n, …] that a list names: [k, …]. */
export function takeRows(table: Node, { indices }: RowList): Node {
  return gatherUnchecked(table, indices);
}

/**
 * table [n, …] with rows [k, …] in the place of those that the list names, the first of each where it names one several times;
 * an entry whose first place is −1 counts for nothing. Where the table's memory may be written, only these rows are.
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

/** rows [k, …], zeros where the list names a row again. */
function firstRows({ firsts }: RowList, rows: Node): Node {
  const [k = 0, ...inner] = rows.shape;
  const isFirst = equal(firsts, arange(k));
  return where(reshape(isFirst, [k, ...inner.map(() => 1)]), rows, 0);
}
