// Cases of ops that select or add elements by index.

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import { at, axesOf, build, gamma, type NdArray, nd, type Shape, sizeOf } from '../reference.ts';
import { anyArray, apart, arrays, type Case, type Example, oneAxis, type ShapeLimits, shapes, small } from './case.ts';
import { node } from './nodes.ts';

const gather: Case = (() => {
  const example = ([x, indices, axis]: readonly [NdArray, NdArray, number]): Example => ({
    label: `gather along ${axis}`,
    inputs: [x, indices],
    apply: (value, from) => ops.gather(value!, from!, axis),
    reference: (value, from) => {
      const d = axesOf(axis, value!.shape.length)[0]!;
      const shape = value!.shape.toSpliced(d, 1, ...from!.shape);
      return build(
        shape,
        (index) =>
          at(value!, index.toSpliced(d, from!.shape.length, at(from!, index.slice(d, d + from!.shape.length)))),
        value!.dtype,
      );
    },
    tolerance: 'rounded',
  });
  const draw = (limits: ShapeLimits, maxRank: number, values: (shape: Shape) => fc.Arbitrary<NdArray>) =>
    fc.tuple(shapes({ ...limits, minRank: 1 }), shapes({ maxRank, maxSize: 9 })).chain(([shape, at]) =>
      oneAxis(shape.length).chain((axis) => {
        const extent = shape.at(axis)!;
        const from =
          extent === 0 ? fc.constant(nd([0], [], 'int32')) : arrays(at, fc.nat({ max: extent - 1 }), 'int32');
        return fc.tuple(values(shape), from, fc.constant(axis));
      }),
    );
  return {
    examples: draw({ maxRank: 3 }, 2, (shape) => anyArray(shape)).map(example),
    smooth: draw(small, 2, (shape) => apart([shape]).map(([x]) => x!)).map(example),
    wrong: [
      { call: () => ops.gather(node([2]), node([2])), error: 'DtypeError' },
      { call: () => ops.gather(node([2]), node([2], 'bool')), error: 'DtypeError' },
      { call: () => ops.gather(node([2]), node([2], 'int32'), 1), error: 'ShapeError' },
      { call: () => ops.gather(node([]), node([2], 'int32')), error: 'ShapeError' },
      { call: () => ops.gather(node([0, 2]), node([1], 'int32')), error: 'ShapeError' },
    ],
  };
})();

function scattered(updates: NdArray, indices: NdArray, n: number): NdArray {
  const inner = updates.shape.slice(indices.shape.length);
  const size = sizeOf(inner);
  const data = new Array<number>(n * size).fill(0);
  indices.data.forEach((row, i) => {
    for (let j = 0; j < size; j++) data[row * size + j]! += updates.data[i * size + j]!;
  });
  return nd([n, ...inner], data);
}

const scatterAdd: Case = (() => {
  const example = ([updates, indices, n]: readonly [NdArray, NdArray, number]): Example => ({
    label: `scatterAdd into ${n}`,
    inputs: [updates, indices],
    apply: (values, to) => ops.scatterAdd(values!, to!, n),
    reference: (values, to) => scattered(values!, to!, n),
    tolerance: {
      bounds: (_, values, to) =>
        scattered({ ...values!, data: values!.data.map(Math.abs) }, to!, n).data.map(
          (size) => gamma(sizeOf(to!.shape)) * size,
        ),
    },
  });
  const draw = (limits: ShapeLimits, values: (shape: Shape) => fc.Arbitrary<NdArray>) =>
    fc
      .tuple(shapes({ maxRank: 2, maxSize: 9 }), shapes(limits), fc.integer({ min: 1, max: 5 }))
      .chain(([at, inner, n]) =>
        fc.tuple(values([...at, ...inner]), arrays(at, fc.nat({ max: n - 1 }), 'int32'), fc.constant(n)),
      );
  return {
    examples: draw({ maxRank: 2, maxSize: 16 }, (shape) => arrays(shape)).map(example),
    smooth: draw({ maxRank: 1, maxSize: 2 }, (shape) => apart([shape]).map(([x]) => x!)).map(example),
    wrong: [
      { call: () => ops.scatterAdd(node([2]), node([2]), 3), error: 'DtypeError' },
      { call: () => ops.scatterAdd(node([2], 'int32'), node([2], 'int32'), 3), error: 'DtypeError' },
      { call: () => ops.scatterAdd(node([3]), node([2], 'int32'), 3), error: 'ShapeError' },
      { call: () => ops.scatterAdd(node([]), node([2], 'int32'), 3), error: 'ShapeError' },
      { call: () => ops.scatterAdd(node([2]), node([2], 'int32'), -1), error: 'ShapeError' },
      { call: () => ops.scatterAdd(node([2]), node([2], 'int32'), 0.5), error: 'ShapeError' },
      { call: () => ops.scatterAdd(node([2]), node([2], 'int32'), 0), error: 'ShapeError' },
    ],
  };
})();

const oneHot: Case = {
  examples: fc.tuple(shapes({ maxRank: 3, maxSize: 30 }), fc.nat({ max: 6 })).chain(([shape, depth]) =>
    arrays(shape, fc.integer({ min: -2, max: 7 }), 'int32').map((labels) => ({
      label: `oneHot of ${depth}`,
      inputs: [labels],
      apply: (x) => ops.oneHot(x!, depth),
      reference: (x) => build([...x!.shape, depth], (index) => (at(x!, index.slice(0, -1)) === index.at(-1)! ? 1 : 0)),
      tolerance: 'rounded',
    })),
  ),
  wrong: [
    { call: () => ops.oneHot(node([2]), 3), error: 'DtypeError' },
    { call: () => ops.oneHot(node([2], 'int32'), -1), error: 'ShapeError' },
    { call: () => ops.oneHot(node([2], 'int32'), 1.5), error: 'ShapeError' },
  ],
};

export const indexing = {
  gather,
  oneHot,
  scatterAdd,
} as const;
