// Cases of ops that only move elements. Every element of a result is an element of the input, so results must be exact.

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import { at, axesOf, build, type NdArray, nd, type Shape, sizeOf } from '../reference.ts';
import {
  anyArray,
  apart,
  type Case,
  type Example,
  oneAxis,
  type ShapeLimits,
  shapes,
  small,
  someAxes,
  type Wrong,
} from './case.ts';
import { node } from './nodes.ts';

interface Move {
  readonly label: string;
  readonly apply: Example['apply'];
  readonly reference: Example['reference'];
}

/** Draws a move for an input of this shape. */
type Moves = (shape: Shape) => fc.Arbitrary<Move>;

export function moveCase(moves: Moves, wrong: readonly Wrong[], limits: ShapeLimits = {}): Case {
  const draw = (shapeLimits: ShapeLimits, inputs: (shape: Shape) => fc.Arbitrary<NdArray>) =>
    shapes({ ...shapeLimits, ...limits })
      .chain((shape) => fc.tuple(inputs(shape), moves(shape)))
      .map(([x, move]): Example => ({ ...move, inputs: [x], tolerance: 'rounded' }));
  return {
    examples: draw({}, (shape) => anyArray(shape)),
    smooth: draw(small, (shape) => apart([shape]).map(([x]) => x!)),
    wrong,
  };
}

/** The result, given the index in the input for each index of the result. */
export const moved =
  (shape: Shape, from: (index: number[]) => number[]) =>
  (x?: NdArray): NdArray =>
    build(shape, (index) => at(x!, from(index)), x!.dtype);

/** Shapes with this number of elements. */
function shapesOfSize(size: number): fc.Arbitrary<Shape> {
  const divisors = Array.from({ length: Math.min(size, 40) }, (_, i) => i + 1).filter((d) => size % d === 0);
  if (size === 0) return fc.constantFrom([0], [3, 0], [0, 1, 2], [2, 0, 2]);
  const grow = (left: number, depth: number): fc.Arbitrary<Shape> =>
    depth === 0 || left === 1
      ? fc.constantFrom<Shape>([left], ...(left === 1 ? [[]] : []))
      : fc
          .constantFrom(...divisors.filter((d) => left % d === 0))
          .chain((d) => grow(left / d, depth - 1).map((rest) => [d, ...rest]));
  return fc.nat({ max: 3 }).chain((depth) => grow(size, depth));
}

const reshape = moveCase(
  (shape) =>
    fc.tuple(shapesOfSize(sizeOf(shape)), fc.nat({ max: 6 })).map(([target, free]) => {
      // one length may be −1 if the others determine it
      const given = sizeOf(target) > 0 ? target.map((extent, i) => (i === free ? -1 : extent)) : target;
      return {
        label: `reshape ${given}`,
        apply: (x) => ops.reshape(x!, given),
        reference: (x) => nd(target, x!.data, x!.dtype),
      };
    }),
  [
    { call: () => ops.reshape(node([2, 3]), [4, 2]), error: 'ShapeError' },
    { call: () => ops.reshape(node([2, 3]), [-1, -1]), error: 'ShapeError' },
    { call: () => ops.reshape(node([2, 3]), [-1, 4]), error: 'ShapeError' },
    { call: () => ops.reshape(node([2, 3]), [-2, -3]), error: 'ShapeError' },
    { call: () => ops.reshape(node([2, 3]), [1.5, 4]), error: 'ShapeError' },
    { call: () => ops.reshape(node([0, 3]), [-1, 0]), error: 'ShapeError' },
    { call: () => ops.reshape(node([2]), [Number.NaN]), error: 'ShapeError' },
  ],
);

const transpose = moveCase(
  (shape) => {
    const all = shape.map((_, i) => i);
    const given = fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    return fc.tuple(fc.option(given, { nil: undefined }), fc.boolean()).map(([axes, fromEnd]) => {
      const order = axes ?? all.toReversed();
      const named = fromEnd ? axes?.map((axis) => axis - shape.length) : axes;
      const inverse = all.map((i) => order.indexOf(i));
      return {
        label: `transpose ${named}`,
        apply: (x) => ops.transpose(x!, named),
        reference: moved(
          order.map((axis) => shape[axis]!),
          (index) => inverse.map((i) => index[i]!),
        ),
      };
    });
  },
  [
    { call: () => ops.transpose(node([2, 3]), [0]), error: 'ShapeError' },
    { call: () => ops.transpose(node([2, 3]), [0, 0]), error: 'ShapeError' },
    { call: () => ops.transpose(node([2, 3]), [0, 2]), error: 'ShapeError' },
    { call: () => ops.transpose(node([2, 3]), [0, -1, 1]), error: 'ShapeError' },
    { call: () => ops.transpose(node([2, 3]), [0, 0.5]), error: 'ShapeError' },
  ],
);

const expandDims = moveCase(
  (shape) =>
    oneAxis(shape.length + 1).map((axis) => {
      const place = (axis + shape.length + 1) % (shape.length + 1);
      return {
        label: `expandDims ${axis}`,
        apply: (x) => ops.expandDims(x!, axis),
        reference: (x) => nd(shape.toSpliced(place, 0, 1), x!.data, x!.dtype),
      };
    }),
  [
    { call: () => ops.expandDims(node([2]), 2), error: 'ShapeError' },
    { call: () => ops.expandDims(node([2]), -3), error: 'ShapeError' },
    { call: () => ops.expandDims(node([2]), 0.5), error: 'ShapeError' },
  ],
);

const squeeze = moveCase(
  (shape) => {
    const ones = shape.flatMap((extent, i) => (extent === 1 ? [i] : []));
    return fc.tuple(fc.option(fc.shuffledSubarray(ones), { nil: undefined }), fc.boolean()).map(([axes, fromEnd]) => {
      const gone = axes ?? ones;
      const named = fromEnd ? axes?.map((axis) => axis - shape.length) : axes;
      return {
        label: `squeeze ${named}`,
        apply: (x) => ops.squeeze(x!, named),
        reference: (x) =>
          nd(
            shape.filter((_, i) => !gone.includes(i)),
            x!.data,
            x!.dtype,
          ),
      };
    });
  },
  [
    { call: () => ops.squeeze(node([2, 1]), 0), error: 'ShapeError' },
    { call: () => ops.squeeze(node([2, 1]), 2), error: 'ShapeError' },
    { call: () => ops.squeeze(node([2, 1]), [1, 1]), error: 'ShapeError' },
  ],
);

const flip = moveCase(
  (shape) =>
    someAxes(shape.length).map((axes) => {
      const turned = axesOf(axes, shape.length);
      return {
        label: `flip ${axes}`,
        apply: (x) => ops.flip(x!, axes),
        reference: moved(shape, (index) => index.map((k, i) => (turned.includes(i) ? shape[i]! - 1 - k : k))),
      };
    }),
  [
    { call: () => ops.flip(node([2]), 1), error: 'ShapeError' },
    { call: () => ops.flip(node([2]), [0, -1]), error: 'ShapeError' },
  ],
);

/** The positions of x[begin : end : stride] along an axis, as in Python. */
function sliced(extent: number, begin: number, end: number, stride: number): number[] {
  const clamp = (k: number) => Math.max(0, Math.min(extent, k < 0 ? k + extent : k));
  const positions: number[] = [];
  for (let k = clamp(begin); k < clamp(end); k += stride) positions.push(k);
  return positions;
}

const slice = moveCase(
  (shape) => {
    const parts = fc.tuple(
      ...shape.map((extent) =>
        fc.tuple(
          fc.integer({ min: -extent - 2, max: extent + 2 }),
          fc.integer({ min: -extent - 2, max: extent + 2 }),
          fc.integer({ min: 1, max: 3 }),
        ),
      ),
    );
    return fc
      .tuple(parts, fc.nat({ max: shape.length }), fc.nat({ max: shape.length }), fc.nat({ max: shape.length }))
      .map(([all, b, e, s]) => {
        const [begin, end, strides] = [
          all.map((p) => p[0]).slice(0, b),
          all.map((p) => p[1]).slice(0, e),
          all.map((p) => p[2]).slice(0, s),
        ];
        const positions = shape.map((extent, i) => sliced(extent, begin[i] ?? 0, end[i] ?? extent, strides[i] ?? 1));
        return {
          label: `slice [${begin}] [${end}] [${strides}]`,
          apply: (x) => ops.slice(x!, begin, end, strides),
          reference: moved(
            positions.map((list) => list.length),
            (index) => index.map((k, i) => positions[i]![k]!),
          ),
        };
      });
  },
  [
    { call: () => ops.slice(node([2]), [0, 0]), error: 'ShapeError' },
    { call: () => ops.slice(node([2]), [0.5]), error: 'ShapeError' },
    { call: () => ops.slice(node([2]), [0], [2], [0]), error: 'ShapeError' },
    { call: () => ops.slice(node([2]), [0], [2], [-1]), error: 'ShapeError' },
    { call: () => ops.slice(node([2]), [0], [Number.NaN]), error: 'ShapeError' },
  ],
);

const pad = moveCase(
  (shape) =>
    fc
      .tuple(
        fc.tuple(...shape.map(() => fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })))),
        fc.constantFrom(0, 1, 3, -2),
      )
      .map(([widths, value]) => {
        const target = shape.map((extent, i) => widths[i]![0] + extent + widths[i]![1]);
        const inside = (index: number[]) => index.map((k, i) => k - widths[i]![0]);
        return {
          label: `pad ${JSON.stringify(widths)} ${value}`,
          apply: (x) => ops.pad(x!, widths, value),
          reference: (x) =>
            build(
              target,
              (index) => {
                const from = inside(index);
                const isInside = from.every((k, i) => k >= 0 && k < shape[i]!);
                return isInside ? at(x!, from) : x!.dtype === 'bool' ? Math.min(1, Math.abs(value)) : value;
              },
              x!.dtype,
            ),
        };
      }),
  [
    { call: () => ops.pad(node([2]), []), error: 'ShapeError' },
    { call: () => ops.pad(node([2]), [[1, -1]]), error: 'ShapeError' },
    { call: () => ops.pad(node([2]), [[0.5, 0]]), error: 'ShapeError' },
    { call: () => ops.pad(node([2], 'int32'), [[1, 0]], 0.5), error: 'DtypeError' },
  ],
);

export const moves = { expandDims, flip, pad, reshape, slice, squeeze, transpose } as const;
