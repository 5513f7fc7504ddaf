// reshape, expandDims, squeeze: the same elements in row-major order under another shape. As an index map, reshape groups the axes
// of both shapes into parts of equal size; within a part, the old axes must step like one axis.

import type { View } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node } from '../../node.ts';
import {
  checkShape,
  checkShapeKind,
  denseStrides,
  isDense,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from '../../shape.ts';

/** The same elements in row-major order under another shape. One extent may be −1: it follows from the number of elements. */
export function reshape(x: Node, shape: Shape): Node {
  checkShapeKind('reshape', shape);
  const target = resolveShape(x.shape, shape);
  if (sameShape(target, x.shape)) return x;
  const op: MoveOp = {
    kind: 'move',
    name: 'reshape',
    key: `reshape ${target}`,
    keepsOrder: true,
    view: (input) => reshapeView(input, target),
    gradient: (dy) => [reshape(dy, x.shape)],
    batched: ([stack = x]) => reshape(stack, [stack.shape[0] ?? 1, ...target]),
  };
  return applyOp(op, [x], target, x.dtype);
}

function resolveShape(from: Shape, to: Shape): Shape {
  const free = to.filter((extent) => extent === -1).length;
  const known = sizeOf(to.filter((extent) => extent !== -1));
  const size = sizeOf(from);
  const fits = free === 0 ? known === size : free === 1 && known > 0 && size % known === 0;
  if (!fits)
    throw new ShapeError(
      `reshape: the number of elements must stay the same; got ${showShape(from)} → ${showShape(to)}`,
    );
  return checkShape(
    'reshape',
    to.map((extent) => (extent === -1 ? size / known : extent)),
  );
}

/** The view under another shape; undefined where an axis would have uneven steps. */
function reshapeView(view: View, shape: Shape): View | undefined {
  if (isDense(view)) return { shape, strides: denseStrides(shape), offset: view.offset };
  const extents: number[] = [];
  const steps: number[] = [];
  view.shape.forEach((extent, i) => {
    if (extent === 1) return;
    extents.push(extent);
    steps.push(view.strides[i] ?? 0);
  });
  const strides = new Array<number>(shape.length).fill(0);
  // Group the old axes [from, to) and the new ones [start, end) into the smallest parts of equal size.
  let from = 0;
  let start = 0;
  while (start < shape.length) {
    if (shape[start] === 1) {
      start++;
      continue;
    }
    let to = from + 1;
    let end = start + 1;
    let oldSize = extents[from] ?? 1;
    let newSize = shape[start] ?? 1;
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= extents[to++] ?? 1;
      else newSize *= shape[end++] ?? 1;
    }
    // Within a part, the old axes must step like one axis.
    for (let i = from; i < to - 1; i++) {
      if (steps[i] !== (steps[i + 1] ?? 0) * (extents[i + 1] ?? 1)) return undefined;
    }
    let step = steps[to - 1] ?? 0;
    for (let i = end - 1; i >= start; i--) {
      strides[i] = step;
      step *= shape[i] ?? 1;
    }
    from = to;
    start = end;
  }
  return { shape, strides, offset: view.offset };
}

/** x with a new axis of extent 1 at `axis`. */
export function expandDims(x: Node, axis: number): Node {
  const at = normalizeAxis('expandDims', axis, x.shape.length + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** x without the axes named, which must have extent 1; by default without all axes of extent 1. */
export function squeeze(x: Node, axes?: number | readonly number[]): Node {
  if (axes === undefined)
    return reshape(
      x,
      x.shape.filter((extent) => extent !== 1),
    );
  const gone = normalizeAxes('squeeze', axes, x.shape.length);
  const wrong = gone.find((axis) => x.shape[axis] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError(`squeeze: an axis must have extent 1 to be dropped; got ${showShape(x.shape)}, axis ${wrong}`);
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !gone.includes(i)),
  );
}
