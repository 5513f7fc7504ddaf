// Moves: ops that only say where an element lies. Each is an index map on views (shape, strides, offset), which the compiler
// absorbs into the loads of whatever reads the result. slice and embed are each other's adjoint, and so stand together.

import { type Kernel, lanes, type View } from '@treadle/kernels';
import { f32x4, i32x4 } from '@treadle/wasm';
import { DtypeError, ShapeError } from '../../calls/errors.ts';
import { checkNumbers } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import { dtypes, laneOf, rounded } from '../../dtype.ts';
import { applyOp, type Node } from '../../node.ts';
import type { MoveOp, Op, TiledOp } from '../../op.ts';
import {
  checkShape,
  checkShapeKind,
  denseStrides,
  denseView,
  isDense,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from '../../shape.ts';

/** The same elements in row-major order under another shape; one extent may be −1: whatever is left. */
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
    batched: ([stack]) => reshape(required(stack), [required(stack).shape[0] ?? 1, ...target]),
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

/** Strides of the reshaped view, or undefined where an axis would have to step unevenly. */
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

/** The axes in another order; without one, reversed. */
export function transpose(x: Node, axes?: readonly number[]): Node {
  if (axes !== undefined) checkNumbers('transpose: axes', axes);
  const rank = x.shape.length;
  const order = axes ? axes.map((axis) => normalizeAxis('transpose', axis, rank)) : x.shape.map((_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new ShapeError(`transpose: axes must name every axis of ${showShape(x.shape)} once; got ${showShape(order)}`);
  }
  if (order.every((axis, i) => axis === i)) return x;
  const pick = (values: readonly number[]) => order.map((axis) => values[axis] ?? 0);
  const inverse = order.map((_, i) => order.indexOf(i));
  const op: MoveOp = {
    kind: 'move',
    name: 'transpose',
    key: `transpose ${order}`,
    view: (input) => ({ shape: pick(input.shape), strides: pick(input.strides), offset: input.offset }),
    gradient: (dy) => [transpose(dy, inverse)],
    batched: ([stack]) => transpose(required(stack), [0, ...order.map((axis) => axis + 1)]),
  };
  return applyOp(op, [x], pick(x.shape), x.dtype);
}

function required(x: Node | undefined): Node {
  if (!x) throw new Error('internal: a move needs its input');
  return x;
}

/** x with an axis of extent 1 put in at `axis`. */
export function expandDims(x: Node, axis: number): Node {
  const at = normalizeAxis('expandDims', axis, x.shape.length + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** x without the axes named, which must have extent 1; without all such axes if none is named. */
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

/** The axes named run backwards; all of them if none is named. */
export function flip(x: Node, axes?: number | readonly number[]): Node {
  const turned = normalizeAxes('flip', axes, x.shape.length);
  const op: MoveOp = {
    kind: 'move',
    name: 'flip',
    key: `flip ${turned}`,
    view: ({ shape, strides, offset }) => ({
      shape,
      strides: strides.map((stride, i) => (turned.includes(i) ? -stride : stride)),
      offset: turned.reduce((sum, i) => sum + Math.max(0, (shape[i] ?? 0) - 1) * (strides[i] ?? 0), offset),
    }),
    gradient: (dy) => [flip(dy, turned)],
  };
  return applyOp(op, [x], x.shape, x.dtype);
}

/** A part of every axis: `size` elements from `begin`, each `stride` after the one before. */
export interface Part {
  readonly begin: readonly number[];
  readonly strides: readonly number[];
  readonly size: Shape;
}

function partView({ begin, strides, size }: Part, whole: View): View {
  return {
    shape: size,
    strides: strides.map((stride, i) => stride * (whole.strides[i] ?? 0)),
    offset: begin.reduce((sum, first, i) => sum + (size[i] === 0 ? 0 : first) * (whole.strides[i] ?? 0), whole.offset),
  };
}

function slicePart(x: Node, part: Part): Node {
  const op: MoveOp = {
    kind: 'move',
    name: 'slice',
    key: `slice ${part.begin};${part.strides};${part.size}`,
    view: (input) => partView(part, input),
    gradient: (dy) => [embed(dy, x.shape, part, 0)],
  };
  return applyOp(op, [x], part.size, x.dtype);
}

/** So many elements are not filled twice; below, one kernel more costs more than that. */
const muchToFill = 65_536;

/** Boxes that hold everything around the part: all of a small shape, or where the part has gaps; otherwise what lies before and behind it along every axis. */
function around({ begin, strides, size }: Part, shape: Shape): readonly Pick<Part, 'begin' | 'size'>[] {
  if (sizeOf(size) === sizeOf(shape)) return [];
  const hasGaps = strides.some((stride, i) => stride !== 1 && (size[i] ?? 0) > 1);
  if (hasGaps || sizeOf(size) === 0 || sizeOf(shape) < muchToFill) return [{ begin: shape.map(() => 0), size: shape }];
  // Axis by axis: what is outside the part along it, and inside along the axes before.
  return shape.flatMap((extent, axis) => {
    const [first, length] = [begin[axis] ?? 0, size[axis] ?? 0];
    const box = (from: number, to: number): Pick<Part, 'begin' | 'size'> => ({
      begin: shape.map((_, i) => (i < axis ? (begin[i] ?? 0) : i === axis ? from : 0)),
      size: shape.map((whole, i) => (i < axis ? (size[i] ?? 0) : i === axis ? to - from : whole)),
    });
    return [box(0, first), box(first + length, extent)].filter((outside) => sizeOf(outside.size) > 0);
  });
}

/** A tensor of `shape` filled with `value`, in which x stands at the part. */
export function embed(x: Node, shape: Shape, part: Part, value: number): Node {
  const { dtype } = x;
  const { kind, narrow } = dtypes[dtype];
  const type = laneOf(dtype);
  const number = rounded(dtype, value);
  const word = kind === 'mask' && number !== 0 ? -1 : number;
  const fill = type === 'f32x4' ? f32x4.const(word) : i32x4.const(word);
  const op: TiledOp = {
    kind: 'tiled',
    name: 'embed',
    takesNarrow: true,
    key: `embed ${shape};${part.begin};${part.strides};${Object.is(value, -0) ? '-0' : value}`,
    kernels: ({ inputs: [input], output }) => {
      if (!input) throw new Error('internal: embed needs its input');
      const whole = denseView(shape);
      const kernels: Kernel[] = [];
      for (const { begin, size } of around(part, shape)) {
        const view = partView({ begin, size, strides: shape.map(() => 1) }, whole);
        const stores = [{ slot: output, view, narrow }];
        const key = `fill ${type} ${Object.is(word, -0) ? '-0' : word}`;
        kernels.push(lanes({ name: 'fill', key, shape: size, loads: [], body: () => [fill], cost: 0.1, stores }));
      }
      const stores = [{ slot: output, view: partView(part, whole), narrow }];
      const loads = [{ operand: input, type } as const];
      kernels.push(
        lanes({ name: 'embed', key: 'copy', shape: part.size, loads, body: (_, v) => v, cost: 0.1, stores }),
      );
      return kernels;
    },
    gradient: (dy) => [slicePart(dy, part)],
  };
  if (word === 0 && part.strides.every((stride) => stride === 1)) embedded.set(op, part);
  return applyOp(op, [x], shape, x.dtype);
}

/** The ops that put a contiguous part among zeros. */
const embedded = new WeakMap<Op, Part>();

/** Where a node that is zero elsewhere has its input, if it is such a node. */
export function partOf({ op }: Node): Part | undefined {
  return op && embedded.get(op);
}

/**
 * x[begin[i] : end[i] : strides[i]] for every axis i, as NumPy: negative positions count from the end, positions beyond the
 * ends are clamped, axes not named are taken whole. Strides must be ≥ 1 (`flip` turns an axis around).
 */
export function slice(
  x: Node,
  begin: readonly number[],
  end: readonly number[] = [],
  strides: readonly number[] = [],
): Node {
  const rank = x.shape.length;
  for (const [name, list] of Object.entries({ begin, end, strides })) {
    checkNumbers(`slice: ${name}`, list);
    if (list.length > rank || !list.every(Number.isInteger)) {
      throw new ShapeError(
        `slice: ${name} must be whole numbers, no more than there are axes; got ${showShape(list)} for ${showShape(x.shape)}`,
      );
    }
  }
  const wrong = strides.find((stride) => stride < 1);
  if (wrong !== undefined) throw new ShapeError(`slice: strides must be ≥ 1; got ${wrong}; flip turns an axis around`);
  const from = x.shape.map((extent, i) => clampPosition(begin[i] ?? 0, extent));
  const step = x.shape.map((_, i) => strides[i] ?? 1);
  const size = x.shape.map((extent, i) => {
    const to = clampPosition(end[i] ?? extent, extent);
    return Math.max(0, Math.ceil((to - (from[i] ?? 0)) / (step[i] ?? 1)));
  });
  if (sameShape(size, x.shape)) return x;
  return slicePart(x, { begin: from, strides: step, size });
}

function clampPosition(position: number, extent: number): number {
  return Math.min(extent, Math.max(0, position < 0 ? position + extent : position));
}

function isPairOfCounts(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0);
}

function isWhole(value: number, least: number, greatest: number): boolean {
  return Number.isInteger(value) && value >= least && value <= greatest;
}

/** x with `before` and `after` elements of `value` put around every axis: widths[i] = [before, after]. */
export function pad(x: Node, widths: readonly (readonly [number, number])[], value = 0): Node {
  if (!Array.isArray(widths) || widths.length !== x.shape.length || !widths.every(isPairOfCounts)) {
    throw new ShapeError(
      `pad: widths must be a pair of whole numbers ≥ 0 for every axis; got ${show(widths)} for ${showShape(x.shape)}; pad([[1, 2]]) puts one before and two after`,
    );
  }
  if (typeof value !== 'number') throw new DtypeError(`pad: the value must be a number; got ${typeof value}`);
  const { range: [least, greatest] = [] } = dtypes[x.dtype];
  if (least !== undefined && greatest !== undefined && !isWhole(value, least, greatest)) {
    const numbers = `a whole number from ${least} to ${greatest}`;
    throw new DtypeError(`pad: the value of ${x.dtype} must be ${numbers}; got ${value}`);
  }
  const shape = x.shape.map((extent, i) => (widths[i]?.[0] ?? 0) + extent + (widths[i]?.[1] ?? 0));
  if (sameShape(shape, x.shape)) return x;
  const part = { begin: widths.map(([before]) => before), strides: x.shape.map(() => 1), size: x.shape };
  return embed(x, shape, part, value);
}

/** Throws DtypeError unless all nodes are of one dtype. */
export function requireOneDtype(op: string, nodes: readonly Node[]): void {
  if (nodes.every(({ dtype }) => dtype === nodes[0]?.dtype)) return;
  throw new DtypeError(`${op}: all tensors must be of one dtype; got ${nodes.map(({ dtype }) => dtype).join(', ')}`);
}

/** The nodes one after the other along an axis; all other extents are equal, and so are the dtypes. */
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
  const parts = nodes.map((node): Part => {
    const begin = node.shape.map((_, i) => (i === at ? length : 0));
    length += node.shape[at] ?? 0;
    return { begin, strides: node.shape.map(() => 1), size: node.shape };
  });
  if (nodes.length === 1) return first;
  const shape = first.shape.map((extent, i) => (i === at ? length : extent));
  const type = laneOf(first.dtype);
  const { narrow } = dtypes[first.dtype];
  const op: TiledOp = {
    kind: 'tiled',
    name: 'concat',
    takesNarrow: true,
    key: `concat ${at}`,
    kernels: ({ inputs, output }) =>
      inputs.map((operand, i) => {
        const part = parts[i];
        if (!part) throw new Error('internal: concat has a part for every input');
        const stores = [{ slot: output, view: partView(part, denseView(shape)), narrow }];
        const loads = [{ operand, type } as const];
        return lanes({ name: 'concat', key: 'copy', shape: part.size, loads, body: (_, v) => v, cost: 0.1, stores });
      }),
    gradient: (dy) => parts.map((part) => slicePart(dy, part)),
  };
  return applyOp(op, nodes, shape, first.dtype);
}
