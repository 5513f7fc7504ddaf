// Cases of ops that repeat, split or join arrays.

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
  allDtypes,
  anyArray,
  apart,
  broadcastable,
  type Case,
  type Example,
  oneAxis,
  type ShapeLimits,
  shapes,
  small,
} from './case.ts';
import { moveCase, moved } from './moves.ts';
import { node } from './nodes.ts';

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

/** Splits the length of an axis into parts, which may be empty. */
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
    tolerance: 'rounded', // sums of multiples of 1/8 below 2¹⁵ are exact
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

/** Arrays whose shapes differ in at most one axis. */
function neighbours(limits: ShapeLimits, isSmooth: boolean): fc.Arbitrary<readonly [readonly NdArray[], number]> {
  return shapes({ ...limits, minRank: 1 })
    .chain((shape) =>
      fc.tuple(fc.constant(shape), oneAxis(shape.length), fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 })),
    )
    .chain(([shape, axis, extents]) => {
      const all = extents.map((extent) => shape.with(axis, extent));
      const drawn = isSmooth
        ? apart(all)
        : fc.constantFrom(...allDtypes).chain((dtype) => fc.tuple(...all.map((one) => anyArray(one, [dtype]))));
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
        .tuple(fc.integer({ min: 1, max: 3 }), oneAxis(shape.length + 1), fc.constantFrom(...allDtypes))
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

export const arrangements = { broadcastTo, concat, split, stack, sumTo, tile } as const;
