// sum and broadcastTo. They share a file because each is the gradient of the other.

import type { View } from '@treadle/kernels';
import { f32x4, i32x4 } from '@treadle/wasm';
import { ShapeError } from '../../calls/errors.ts';
import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node } from '../../node.ts';
import {
  type Axes,
  broadcastShapes,
  checkShape,
  checkShapeKind,
  normalizeAxes,
  type Shape,
  sameShape,
  showShape,
} from '../../shape.ts';
import { asNumbers } from '../elementwise/cast.ts';
import { reshape } from '../moves/reshape.ts';
import { floats, ints } from './combine.ts';
import { column, type ReduceOptions, reduceAxes } from './reduce.ts';

const sumFloats = floats(-0, (a, b) => f32x4.add(a, b)); // x + −0 = x for every x
const sumInts = ints(0, (a, b) => i32x4.add(a, b));

/** The sum over the axes (all by default); of bool, how many are true. */
export function sum(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  const values = asNumbers(x);
  const isFloat = values.dtype === 'float32';
  const count = axes === undefined ? 1 : normalizeAxes('sum', axes, x.shape.length).length;
  return reduceAxes(values, axes, options, {
    name: 'sum',
    key: isFloat ? 'sum' : 'sum int32',
    combine: isFloat ? sumFloats : sumInts,
    // y = Σₖ xₖ: every xₖ has the gradient dy
    gradient: (dy, _, [rows]) => [rows && isFloat ? broadcastTo(column(dy, rows), rows.shape) : undefined],
    sumOfBatch: ([stack]) => {
      if (!stack) throw new Error('internal: sum needs its input');
      return sum(stack, [0, ...Array.from({ length: count }, (_, i) => i - count)]);
    },
  });
}

/** x repeated along axes of extent 1, or along new axes in front, up to `shape`. */
export function broadcastTo(x: Node, shape: Shape): Node {
  checkShapeKind('broadcastTo', shape);
  if (sameShape(x.shape, shape)) return x;
  checkShape('broadcastTo', shape);
  if (!sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape)) {
    throw new ShapeError(
      `broadcastTo: an extent other than 1 cannot change; got ${showShape(x.shape)} → ${showShape(shape)}`,
    );
  }
  const op: MoveOp = {
    kind: 'move',
    name: 'broadcastTo',
    key: `broadcastTo ${shape}`,
    view: (input) => broadcastView(input, shape),
    gradient: (dy) => [sumTo(dy, x.shape)],
  };
  return applyOp(op, [x], shape, x.dtype);
}

/** The view with stride 0 along the axes that are stretched. */
export function broadcastView(view: View, shape: Shape): View {
  const added = shape.length - view.shape.length;
  const strides = shape.map((extent, i) =>
    i < added || (view.shape[i - added] === 1 && extent !== 1) ? 0 : (view.strides[i - added] ?? 0),
  );
  return { shape, strides, offset: view.offset };
}

/** The adjoint of broadcasting: x summed over the axes along which `shape` broadcasts to x's shape. */
export function sumTo(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes('sumTo', x.shape, shape), x.shape)) {
    throw new ShapeError(
      `sumTo: the shape must broadcast to that of x; got ${showShape(x.shape)} → ${showShape(shape)}`,
    );
  }
  const added = x.shape.length - shape.length;
  const stretched = x.shape.map((_, i) => i).filter((i) => i < added || (shape[i - added] === 1 && x.shape[i] !== 1));
  return reshape(sum(x, stretched), shape);
}
