// argmax and argmin: the index of the first extreme element.

import { argReduce } from '@treadle/kernels';
import { laneOf } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { denseView, sizeOf } from '../../shape.ts';
import { asNumbers } from '../elementwise/cast.ts';
import { reshape } from '../moves/reshape.ts';
import { keepsDims, nonEmptyAxes, type ReduceOptions, rowsOf } from './reduce.ts';

function argExtreme(name: string, direction: 'max' | 'min'): (x: Node, axis?: number, options?: ReduceOptions) => Node {
  return (x, axis, options = {}) => {
    const keepDims = keepsDims(name, options);
    nonEmptyAxes(name, x, axis);
    const values = asNumbers(x);
    const { rows: apart, kept, keptDims } = rowsOf(name, values, axis);
    const rows = reshape(apart, [...kept, sizeOf(apart.shape.slice(kept.length))]);
    const type = laneOf(values.dtype);
    const op: TiledOp = {
      kind: 'tiled',
      name,
      key: name,
      kernels: ({ inputs: [operand], output, allocate }) => {
        if (!operand) throw new Error(`internal: ${name} needs its input`);
        const store = { slot: output, view: denseView(kept) };
        const loads = [{ operand, type }];
        return argReduce({
          name,
          shape: rows.shape,
          loads,
          body: (_, v) => v,
          cost: 0.5,
          ops: [name],
          type,
          direction,
          store,
          allocate,
        });
      },
      dynamicAxis: (_, axis) => (axis < kept.length ? axis : undefined),
      gradient: () => [],
    };
    const y = applyOp(op, [rows], kept, 'int32');
    return keepDims ? reshape(y, keptDims) : y;
  };
}

/** The index of the first largest element along the axis (of all elements by default); int32. */
export const argmax: (x: Node, axis?: number, options?: ReduceOptions) => Node = argExtreme('argmax', 'max');

/** The index of the first smallest element along the axis (of all elements by default); int32. */
export const argmin: (x: Node, axis?: number, options?: ReduceOptions) => Node = argExtreme('argmin', 'min');
