// concat: tensors one after the other along an axis. Each input is copied into its box of the result.

import { lanes } from '@treadle/kernels';
import { DtypeError, ShapeError } from '../../calls/errors.ts';
import { dtypes, laneOf } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { denseView, normalizeAxis, showShape } from '../../shape.ts';
import { type Box, boxView } from './box.ts';
import { sliceBox } from './slice-and-pad.ts';

/** The nodes one after the other along an axis. Throws ShapeError unless all other extents are equal, DtypeError unless the dtypes are. */
export function concat(nodes: readonly Node[], axis = 0): Node {
  const first = nodes[0];
  if (!first) throw new ShapeError('concat: at least one tensor must be given; got none');
  const at = normalizeAxis('concat', axis, first.shape.length);
  for (const node of nodes) {
    const fits =
      node.shape.length === first.shape.length &&
      node.shape.every((extent, i) => i === at || extent === first.shape[i]);
    if (!fits) {
      throw new ShapeError(
        `concat: all extents but that of axis ${at} must be equal; got ${nodes.map((n) => showShape(n.shape)).join(', ')}`,
      );
    }
  }
  requireOneDtype('concat', nodes);
  let length = 0;
  const boxes = nodes.map((node): Box => {
    const begin = node.shape.map((_, i) => (i === at ? length : 0));
    length += node.shape[at] ?? 0;
    return { begin, strides: node.shape.map(() => 1), size: node.shape };
  });
  if (nodes.length === 1) return first;
  const shape = first.shape.map((extent, i) => (i === at ? length : extent));
  const type = laneOf(first.dtype);
  const { narrow } = dtypes[first.dtype];
  const result = denseView(shape);
  const inputViews = boxes.map((box) => boxView(box, result));
  const op: TiledOp = {
    kind: 'tiled',
    name: 'concat',
    takesNarrow: true,
    key: `concat ${at}`,
    inputViews,
    kernels: ({ inputs, inPlace, output }) =>
      inputs.flatMap((operand, i) => {
        const view = inputViews[i];
        if (!view || inPlace?.has(i)) return [];
        const stores = [{ slot: output, view, narrow }];
        const loads = [{ operand, type } as const];
        const { shape } = view;
        return [lanes({ name: 'concat', key: 'copy', shape, loads, body: (_, v) => v, cost: 0.1, stores })];
      }),
    gradient: (dy) => boxes.map((box) => sliceBox(dy, box)),
  };
  return applyOp(op, nodes, shape, first.dtype);
}

/** Throws DtypeError unless all nodes are of one dtype. */
export function requireOneDtype(op: string, nodes: readonly Node[]): void {
  if (nodes.every(({ dtype }) => dtype === nodes[0]?.dtype)) return;
  throw new DtypeError(`${op}: all tensors must be of one dtype; got ${nodes.map(({ dtype }) => dtype).join(', ')}`);
}
