// Cases of ops that only move elements: every result is an element of the input, so every comparison is exact.

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import {
  at,
  axesOf,
  broadcast,
  build,
  indicesOf,
  type NdArray,
  nd,
  positionOf,
  type Shape,
  sizeOf,
} from '../reference.ts';
import {
  anyArray,
  apart,
  broadcastable,
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

/** How to draw a move of an input of a shape. */
type Moves = (shape: Shape) => fc.Arbitrary<Move>;

function moveCase(moves: Moves, wrong: readonly Wrong[], limits: ShapeLimits = {}): Case {
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

/** The element of the result at an index, by the index that it has in the input. */
const moved =
  (shape: Shape, from: (index: number[]) => number[]) =>
  (x?: NdArray): NdArray =>
    build(shape, (index) => at(x!, from(index)), x!.dtype);

/** Shapes of a size. */
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
      // one extent may be left open, where that is unambiguous
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

/** The positions of x[begin : end : stride] along an axis, as Python finds them. */
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

const tile = moveCase(
  (shape) =>
    fc.tuple(...shape.map(() => fc.nat({ max: 3 }))).map((counts) => ({
      label: `tile ${counts}`,
      apply: (x) => ops.tile(x!, counts),
      reference: moved(
        shape.map((extent, i) => extent * counts[i]!),
        (index) => index.map((k, i) => k % shape[i]!),
      ),
    })),
  [
    { call: () => ops.tile(node([2]), []), error: 'ShapeError' },
    { call: () => ops.tile(node([2]), [-1]), error: 'ShapeError' },
    { call: () => ops.tile(node([2]), [1.5]), error: 'ShapeError' },
  ],
  { maxSize: 40 },
);

/** Cuts an extent into parts, empty ones among them. */
function partsOf(extent: number): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.nat({ max: extent }), { maxLength: 3 }).map((cuts) => {
    const edges = [0, ...cuts.toSorted((a, b) => a - b), extent];
    return edges.slice(1).map((edge, i) => edge - edges[i]!);
  });
}

const split = moveCase(
  (shape) =>
    oneAxis(shape.length).chain((axis) => {
      const d = (axis + shape.length) % shape.length;
      const extent = shape[d]!;
      const equal = fc.constantFrom(...[1, 2, 3, 4].filter((n) => extent % n === 0));
      return fc.oneof(partsOf(extent), equal).map((parts) => {
        const lengths = typeof parts === 'number' ? new Array<number>(parts).fill(extent / parts) : parts;
        return {
          label: `split ${JSON.stringify(parts)} along ${axis}`,
          apply: (x) => ops.split(x!, parts, axis),
          reference: (x) => {
            let from = 0;
            return lengths.map((length) => {
              const start = from;
              from += length;
              return moved(shape.with(d, length), (index) => index.with(d, index[d]! + start))(x);
            });
          },
        };
      });
    }),
  [
    { call: () => ops.split(node([4]), 3), error: 'ShapeError' },
    { call: () => ops.split(node([4]), 0), error: 'ShapeError' },
    { call: () => ops.split(node([4]), -2), error: 'ShapeError' },
    { call: () => ops.split(node([4]), 1.5), error: 'ShapeError' },
    { call: () => ops.split(node([4]), 2 ** 32), error: 'ShapeError' },
    { call: () => ops.split(node([4]), [1, 2]), error: 'ShapeError' },
    { call: () => ops.split(node([4]), [5, -1]), error: 'ShapeError' },
    { call: () => ops.split(node([4]), 2, 1), error: 'ShapeError' },
    { call: () => ops.split(node([]), 1), error: 'ShapeError' },
  ],
  { minRank: 1 },
);

const broadcastTo: Case = (() => {
  const example = (x: NdArray, target: Shape): Example => ({
    label: `broadcastTo ${target}`,
    inputs: [x],
    apply: (value) => ops.broadcastTo(value!, target),
    reference: (value) => build(target, (index) => value!.data[positionOf(value!.shape, index)]!, value!.dtype),
    tolerance: 'rounded',
  });
  const pairs = (limits: ShapeLimits) =>
    broadcastable(2, limits).map(([from, other]) => [from!, broadcast(from!, other!)] as const);
  return {
    examples: pairs({}).chain(([from, to]) => anyArray(from).map((x) => example(x, to))),
    smooth: pairs(small).chain(([from, to]) => apart([from]).map(([x]) => example(x!, to))),
    wrong: [
      { call: () => ops.broadcastTo(node([2]), [3]), error: 'ShapeError' },
      { call: () => ops.broadcastTo(node([2]), []), error: 'ShapeError' },
      { call: () => ops.broadcastTo(node([2, 1]), [1, 1]), error: 'ShapeError' },
      { call: () => ops.broadcastTo(node([1]), [-1]), error: 'ShapeError' },
      { call: () => ops.broadcastTo(node([1]), [1.5]), error: 'ShapeError' },
    ],
  };
})();

const sumTo: Case = (() => {
  const ofInput = (x: NdArray, target: Shape): Example => ({
    label: `sumTo ${target}`,
    inputs: [x],
    apply: (value) => ops.sumTo(value!, target),
    reference: (value) => {
      const data = new Array<number>(sizeOf(target)).fill(0);
      indicesOf(value!.shape).forEach((index, i) => {
        data[positionOf(target, index)]! += value!.data[i]!;
      });
      return nd(target, data);
    },
    tolerance: 'rounded', // of multiples of 1/8 below 2¹⁵: every partial sum is exact
  });
  const eighths = (shape: Shape) =>
    anyArray(shape, ['float32']).map((x) => ({
      ...x,
      data: x.data.map((value) => Math.round(Math.max(-64, Math.min(64, value))) / 8 + 0),
    }));
  const pairs = (limits: ShapeLimits) =>
    broadcastable(2, limits).map(([to, other]) => [broadcast(to!, other!), to!] as const);
  return {
    examples: pairs({}).chain(([from, to]) => eighths(from).map((x) => ofInput(x, to))),
    smooth: pairs(small).chain(([from, to]) => apart([from]).map(([x]) => ofInput(x!, to))),
    wrong: [
      { call: () => ops.sumTo(node([3]), [2]), error: 'ShapeError' },
      { call: () => ops.sumTo(node([2]), [2, 2]), error: 'ShapeError' },
    ],
  };
})();

/** Arrays that differ along one axis at most. */
function neighbours(limits: ShapeLimits, isSmooth: boolean): fc.Arbitrary<readonly [readonly NdArray[], number]> {
  return shapes({ ...limits, minRank: 1 })
    .chain((shape) =>
      fc.tuple(fc.constant(shape), oneAxis(shape.length), fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 })),
    )
    .chain(([shape, axis, extents]) => {
      const all = extents.map((extent) => shape.with(axis, extent));
      const drawn = isSmooth
        ? apart(all)
        : fc
            .constantFrom('float32' as const, 'int32' as const, 'bool' as const)
            .chain((dtype) => fc.tuple(...all.map((one) => anyArray(one, [dtype]))));
      return fc.tuple(drawn, fc.constant(axis));
    });
}

const concat: Case = (() => {
  const example = ([inputs, axis]: readonly [readonly NdArray[], number]): Example => ({
    label: `concat along ${axis}`,
    inputs,
    apply: (...nodes) => ops.concat(nodes, axis),
    reference: (...arrays) => {
      const d = axesOf(axis, arrays[0]!.shape.length)[0]!;
      const places = arrays.flatMap((x) => Array.from({ length: x.shape[d]! }, (_, k) => [x, k] as const));
      return build(
        arrays[0]!.shape.with(d, places.length),
        (index) => at(places[index[d]!]![0], index.with(d, places[index[d]!]![1])),
        arrays[0]!.dtype,
      );
    },
    tolerance: 'rounded',
  });
  return {
    examples: neighbours({}, false).map(example),
    smooth: neighbours({ ...small, maxSize: 4 }, true).map(example),
    wrong: [
      { call: () => ops.concat([]), error: 'ShapeError' },
      { call: () => ops.concat([node([2, 3]), node([2, 4])], 0), error: 'ShapeError' },
      { call: () => ops.concat([node([2, 3]), node([3])], 0), error: 'ShapeError' },
      { call: () => ops.concat([node([2]), node([2])], 1), error: 'ShapeError' },
      { call: () => ops.concat([node([]), node([])], 0), error: 'ShapeError' },
      { call: () => ops.concat([node([2]), node([2], 'int32')], 0), error: 'DtypeError' },
    ],
  };
})();

const stack: Case = (() => {
  const example = ([inputs, axis]: readonly [readonly NdArray[], number]): Example => ({
    label: `stack along ${axis}`,
    inputs,
    apply: (...nodes) => ops.stack(nodes, axis),
    reference: (...arrays) => {
      const { shape, dtype } = arrays[0]!;
      const d = axesOf(axis, shape.length + 1)[0]!;
      return build(
        shape.toSpliced(d, 0, arrays.length),
        (index) => at(arrays[index[d]!]!, index.toSpliced(d, 1)),
        dtype,
      );
    },
    tolerance: 'rounded',
  });
  const several = (limits: ShapeLimits, isSmooth: boolean) =>
    shapes({ maxRank: 3, ...limits }).chain((shape) =>
      fc
        .tuple(
          fc.integer({ min: 1, max: 3 }),
          oneAxis(shape.length + 1),
          fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const),
        )
        .chain(([count, axis, dtype]) => {
          const all = new Array<Shape>(count).fill(shape);
          return fc.tuple(
            isSmooth ? apart(all) : fc.tuple(...all.map((one) => anyArray(one, [dtype]))),
            fc.constant(axis),
          );
        }),
    );
  return {
    examples: several({}, false).map(example),
    smooth: several({ ...small, maxSize: 4 }, true).map(example),
    wrong: [
      { call: () => ops.stack([]), error: 'ShapeError' },
      { call: () => ops.stack([node([2]), node([3])]), error: 'ShapeError' },
      { call: () => ops.stack([node([2]), node([2])], 2), error: 'ShapeError' },
      { call: () => ops.stack([node([2]), node([2], 'int32')]), error: 'DtypeError' },
    ],
  };
})();

export const moves = {
  broadcastTo,
  concat,
  expandDims,
  flip,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  sumTo,
  tile,
  transpose,
} as const;
