// Cases of comparisons, choices, casts, products, indexing, softmax and random numbers.

import { type Dtype, type Node, ops } from '@treadle/graph';
import fc from 'fast-check';
import { specialValues } from '../../kernels/math/functions.ts';
import {
  alongAxis,
  at,
  axesOf,
  broadcast,
  build,
  gamma,
  type NdArray,
  nd,
  type Shape,
  sizeOf,
  sum,
  tiny,
  u,
  withDtype,
  zip,
} from '../reference.ts';
import { randomWord, threefry } from '../threefry.ts';
import {
  anyArray,
  apart,
  arrays,
  broadcastable,
  type Case,
  type Example,
  moderate,
  oneAxis,
  type ShapeLimits,
  shapes,
  small,
  type Tolerance,
} from './case.ts';
import { unbroadcastable } from './elementwise.ts';
import { node } from './nodes.ts';
import { logSumExpOf, sumExpError } from './reductions.ts';

// Comparisons and logic.

type Binary = (a: Node, b: Node) => Node;

function comparison(name: keyof typeof ops, holds: (a: number, b: number) => boolean): Case {
  const apply = ops[name] as Binary;
  const example = (inputs: readonly NdArray[]): Example => ({
    label: name,
    inputs,
    apply: (a, b) => apply(a!, b!),
    reference: (a, b) => {
      const isFloat = a!.dtype === 'float32' || b!.dtype === 'float32';
      const [x, y] = isFloat ? [withDtype(a!, 'float32'), withDtype(b!, 'float32')] : [a!, b!];
      return zip('bool', (v, w) => (holds(v, w) ? 1 : 0), x, y);
    },
    tolerance: 'rounded',
  });
  const near = (shape: Shape) => fc.oneof(anyArray(shape), arrays(shape, fc.constantFrom(-1, 0, 1, -0, NaN)));
  const special = specialValues.flatMap((a) => specialValues.map((b) => [a, b] as const));
  return {
    examples: broadcastable(2)
      .chain((both) => fc.tuple(...both.map(near)))
      .map(example),
    special: [
      example(
        [0, 1].map((i) =>
          nd(
            [special.length],
            special.map((pair) => pair[i]!),
          ),
        ),
      ),
    ],
    wrong: unbroadcastable(apply),
  };
}

function logic(name: 'logicalAnd' | 'logicalOr', holds: (a: boolean, b: boolean) => boolean): Case {
  return comparison(name, (a, b) => holds(a !== 0, b !== 0));
}

const logicalNot: Case = {
  examples: shapes()
    .chain((shape) => anyArray(shape))
    .map((x) => ({
      label: 'logicalNot',
      inputs: [x],
      apply: (a) => ops.logicalNot(a!),
      reference: (a) => zip('bool', (v) => (v === 0 ? 1 : 0), a!),
      tolerance: 'rounded',
    })),
  wrong: [],
};

const where: Case = (() => {
  const example = (inputs: readonly NdArray[]): Example => ({
    label: 'where',
    inputs,
    apply: (condition, a, b) => ops.where(condition!, a!, b!),
    reference: (condition, a, b) => {
      const dtypes = [a!.dtype, b!.dtype];
      const dtype = dtypes.includes('float32') ? 'float32' : dtypes.includes('int32') ? 'int32' : 'bool';
      return zip(dtype, (c, x, y) => (c !== 0 ? x : y), condition!, withDtype(a!, dtype), withDtype(b!, dtype));
    },
    tolerance: 'rounded',
  });
  const draw = (limits: ShapeLimits, sides: (two: readonly Shape[]) => fc.Arbitrary<readonly NdArray[]>) =>
    broadcastable(3, limits).chain(([first, ...others]) =>
      fc.tuple(anyArray(first!, ['bool']), sides(others)).map(([c, two]) => example([c, ...two])),
    );
  return {
    examples: draw({}, (two) => fc.tuple(...two.map((shape) => anyArray(shape)))),
    smooth: draw(small, (two) => apart(two)),
    wrong: [
      ...unbroadcastable((a, b) => ops.where(node([], 'bool'), a, b)),
      { call: () => ops.where(node([2]), 1, 2), error: 'DtypeError' },
      { call: () => ops.where(node([2], 'int32'), 1, 2), error: 'DtypeError' },
      { call: () => ops.where(node([2], 'bool'), node([3]), 2), error: 'ShapeError' },
    ],
  };
})();

const dtypes = ['float32', 'int32', 'bool'] as const;

const cast: Case = (() => {
  const example = (x: NdArray, dtype: Dtype): Example => ({
    label: `cast to ${dtype}`,
    inputs: [x],
    apply: (value) => ops.cast(value!, dtype),
    reference: (value) => (value!.dtype === dtype ? value! : withDtype(value!, dtype)),
    tolerance: 'rounded',
  });
  return {
    examples: fc
      .tuple(
        shapes().chain((shape) => anyArray(shape)),
        fc.constantFrom(...dtypes),
      )
      .map(([x, dtype]) => example(x, dtype)),
    special: dtypes.map((dtype) => example(nd([specialValues.length], specialValues), dtype)),
    smooth: shapes(small)
      .chain((shape) => apart([shape]))
      .map(([x]) => example(x!, 'float32')),
    wrong: [{ call: () => ops.cast(node([2]), 'float64' as Dtype), error: 'DtypeError' }],
  };
})();

// Products.

/** a and b as stacks of matrices [batch…, m, k] and [batch…, k, n], and which axes of the result were made for vectors. */
function asMatrices(
  a: NdArray,
  b: NdArray,
  transposeA: boolean,
  transposeB: boolean,
): { a: NdArray; b: NdArray; drop: (shape: Shape) => Shape } {
  const [isRow, isColumn] = [a.shape.length === 1, b.shape.length === 1];
  const swapped = (x: NdArray) =>
    build([...x.shape.slice(0, -2), x.shape.at(-1)!, x.shape.at(-2)!], (index) =>
      at(x, [...index.slice(0, -2), index.at(-1)!, index.at(-2)!]),
    );
  const left = isRow ? nd([1, ...a.shape], a.data) : transposeA ? swapped(a) : a;
  const right = isColumn ? nd([...b.shape, 1], b.data) : transposeB ? swapped(b) : b;
  const drop = (shape: Shape) =>
    shape.filter((_, i) => !(isRow && i === shape.length - 2) && !(isColumn && i === shape.length - 1));
  return { a: left, b: right, drop };
}

function product(a: NdArray, b: NdArray, transposeA: boolean, transposeB: boolean): NdArray {
  const { a: left, b: right, drop } = asMatrices(a, b, transposeA, transposeB);
  const shape = [
    ...broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2)),
    left.shape.at(-2)!,
    right.shape.at(-1)!,
  ];
  const k = left.shape.at(-1)!;
  const inner = Array.from({ length: k }, (_, i) => i);
  const filled = build(shape, (index) => {
    const [batch, row, column] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    return sum(inner.map((i) => at(left, [...batch, row, i]) * at(right, [...batch, i, column])));
  });
  return nd(drop(shape), filled.data);
}

const matmul: Case = (() => {
  const example = (a: NdArray, b: NdArray, transposeA: boolean, transposeB: boolean): Example => {
    const k = asMatrices(a, b, transposeA, transposeB).a.shape.at(-1)!;
    const absolute = (x: NdArray) => ({ ...x, data: x.data.map(Math.abs) });
    const tolerance: Tolerance = {
      bounds: (_, x, y) =>
        product(absolute(x!), absolute(y!), transposeA, transposeB).data.map((size) => gamma(k) * size + k * tiny),
    };
    return {
      label: `matmul${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`,
      inputs: [a, b],
      apply: (x, y) => ops.matmul(x!, y!, { transposeA, transposeB }),
      reference: (x, y) => product(x!, y!, transposeA, transposeB),
      tolerance,
    };
  };
  const extents = (max: number) => fc.oneof(fc.integer({ min: 1, max }), fc.constantFrom(0, 1, 2));
  const draw = (
    max: number,
    batchLimits: ShapeLimits,
    values: (both: readonly Shape[]) => fc.Arbitrary<readonly NdArray[]>,
  ) =>
    fc
      .tuple(
        broadcastable(2, batchLimits),
        extents(max),
        extents(max),
        extents(max),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 9 }),
      )
      .chain(([[batchA, batchB], m, k, n, transposeA, transposeB, vectors]) => {
        const shapeA = vectors === 1 || vectors === 3 ? [k] : [...batchA!, ...(transposeA ? [k, m] : [m, k])];
        const shapeB = vectors === 2 || vectors === 3 ? [k] : [...batchB!, ...(transposeB ? [n, k] : [k, n])];
        return values([shapeA, shapeB]).map(([a, b]) => example(a!, b!, transposeA, transposeB));
      });
  const mixed = (shape: Shape) =>
    fc.oneof(
      { weight: 4, arbitrary: arrays(shape) },
      { weight: 1, arbitrary: arrays(shape, fc.integer({ min: -9, max: 9 }), 'int32') },
      { weight: 1, arbitrary: arrays(shape, fc.constantFrom(0, 1), 'bool') },
    );
  return {
    examples: draw(17, { maxRank: 2, maxSize: 6 }, (both) => fc.tuple(...both.map(mixed))),
    smooth: draw(3, { maxRank: 1, maxSize: 2 }, (both) => apart(both)).filter(({ inputs }) =>
      inputs.every(({ shape }) => sizeOf(shape) <= 12),
    ),
    wrong: [
      { call: () => ops.matmul(node([2, 3]), node([2, 3])), error: 'ShapeError' },
      { call: () => ops.matmul(node([2, 3]), node([3, 2]), { transposeA: true }), error: 'ShapeError' },
      { call: () => ops.matmul(node([2, 2, 3]), node([3, 3, 2])), error: 'ShapeError' },
      { call: () => ops.matmul(node([]), node([2, 2])), error: 'ShapeError' },
      { call: () => ops.matmul(node([2, 2]), node([])), error: 'ShapeError' },
      { call: () => ops.matmul(node([3]), node([2])), error: 'ShapeError' },
    ],
  };
})();

// Indexing.

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

// Softmax.

const shares = (row: number[]) => row.map((x) => Math.exp(x - logSumExpOf(row)));
const logShares = (row: number[]) => row.map((x) => x - logSumExpOf(row));

/** e^(x − m) and the sum of its like are each off by so much, and a division rounds. */
function shareBounds(row: number[]): number[] {
  const m = Math.max(...row);
  const ofSum = sumExpError(row);
  return shares(row).map((share, i) => 1.001 * share * (Math.expm1(u * (m - row[i]!)) + 4 * u + ofSum + u) + 8 * tiny);
}

/** m + ln Σ e^(x − m), and x less that. */
function logShareBounds(row: number[]): number[] {
  const m = Math.max(...row);
  const total = logSumExpOf(row);
  const off = sumExpError(row) + 4 * u * Math.abs(total - m) + u * Math.abs(total);
  return logShares(row).map((y) => 1.001 * (off + u * (Math.abs(y) + off)) + tiny);
}

function softmaxLike(
  name: 'softmax' | 'logSoftmax',
  rows: (row: number[]) => number[],
  bounds: (row: number[]) => number[],
): Case {
  const apply = ops[name];
  const example = (x: NdArray, axis: number | undefined): Example => ({
    label: `${name} along ${axis}`,
    inputs: [x],
    apply: (value) => apply(value!, ...(axis === undefined ? [] : [axis])),
    reference: (value) => alongAxis(withDtype(value!, 'float32'), axis ?? -1, rows),
    tolerance: { bounds: (_, value) => alongAxis(withDtype(value!, 'float32'), axis ?? -1, bounds).data },
  });
  const draw = (limits: ShapeLimits, values: (shape: Shape) => fc.Arbitrary<NdArray>) =>
    shapes({ ...limits, minRank: 1 })
      .filter((shape) => !shape.includes(0))
      .chain((shape) => fc.tuple(values(shape), fc.option(oneAxis(shape.length), { nil: undefined })))
      .map(([x, axis]) => example(x, axis));
  const numbers = (shape: Shape) =>
    fc.oneof(
      arrays(shape, fc.float({ min: -60, max: 60, noNaN: true })),
      arrays(shape, fc.integer({ min: -30, max: 30 }), 'int32'),
    );
  const huge = 2 ** 127;
  return {
    examples: draw({}, numbers),
    special: [
      example(nd([3, 2], [0, -Infinity, 200, -200, 3, 3]), -1),
      example(nd([2, 2], [huge, -huge, NaN, 1]), 1),
      example(nd([1], [-0]), 0),
    ],
    smooth: draw(small, (shape) => apart([shape]).map(([x]) => x!)),
    wrong: [
      { call: () => apply(node([2]), 1), error: 'ShapeError' },
      { call: () => apply(node([])), error: 'ShapeError' },
      { call: () => apply(node([2, 0])), error: 'ShapeError' },
      { call: () => apply(node([2, 3]), 0.5), error: 'ShapeError' },
    ],
  };
}

// Numbers that come from nowhere.

const arange: Case = {
  examples: fc.nat({ max: 300 }).map((length) => ({
    label: `arange ${length}`,
    inputs: [],
    apply: () => ops.arange(length),
    reference: () => build([length], ([i]) => i!, 'int32'),
    tolerance: 'rounded',
  })),
  wrong: [
    { call: () => ops.arange(-1), error: 'ShapeError' },
    { call: () => ops.arange(1.5), error: 'ShapeError' },
    { call: () => ops.arange(Number.POSITIVE_INFINITY), error: 'ShapeError' },
  ],
};

const seeds = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const key = (words: readonly number[]): NdArray[] => words.map((word) => nd([], [word], 'int32'));

const unit = (word: number): number => (word >>> 8) * 2 ** -24;

function uniform(shape: Shape, seed: NdArray, counter: NdArray): NdArray {
  return nd(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => unit(randomWord([seed.data[0]!, counter.data[0]!], i))),
  );
}

function uniformPair(shape: Shape, seed: NdArray, counter: NdArray): [NdArray, NdArray] {
  const words = Array.from({ length: sizeOf(shape) }, (_, i) => threefry([seed.data[0]!, counter.data[0]!], [i, 1]));
  return [
    nd(
      shape,
      words.map(([word]) => unit(word)),
    ),
    nd(
      shape,
      words.map(([, word]) => unit(word)),
    ),
  ];
}

type Random = (shape: Shape, seed: Node, counter: Node) => Node;

const wrongKeys = (apply: Random): Case['wrong'] => [
  { call: () => apply([2], node([]), node([], 'int32')), error: 'DtypeError' },
  { call: () => apply([2], node([], 'int32'), node([], 'bool')), error: 'DtypeError' },
  { call: () => apply([-1], node([], 'int32'), node([], 'int32')), error: 'ShapeError' },
  { call: () => apply([2], node([3], 'int32'), node([], 'int32')), error: 'ShapeError' },
];

/** rows of which sixteen neighbours are computed at once, and what is left of them */
const longRows = fc.integer({ min: 16, max: 70 }).map((length): Shape => [length]);

const uniform01: Case = {
  examples: fc.tuple(fc.oneof(shapes(), longRows), seeds, seeds).map(([shape, seed, counter]) => ({
    label: `uniform01 [${shape}]`,
    inputs: key([seed, counter]),
    apply: (s, c) => ops.uniform01(shape, s!, c!),
    reference: (s, c) => uniform(shape, s!, c!),
    tolerance: 'rounded',
  })),
  wrong: wrongKeys((shape, seed, counter) => ops.uniform01(shape, seed, counter)),
};

const randomUniform: Case = (() => {
  const example = (shape: Shape, words: readonly number[], min: number, max: number): Example => ({
    label: `randomUniform [${shape}] in [${min}, ${max})`,
    inputs: key(words),
    apply: (s, c) => ops.randomUniform(shape, s!, c!, min, max),
    reference: (s, c) => zip('float32', (v) => v * (max - min) + min, uniform(shape, s!, c!)),
    // the range, the product and the sum are rounded; what rounds up to max becomes min
    tolerance: {
      bounds: (truth) =>
        truth.data.map(
          (y) =>
            1.001 * (2 * u * Math.abs(max - min) + u * Math.abs(y)) +
            (max - y <= 4 * u * Math.max(Math.abs(max), max - min) ? max - min : 0),
        ),
    },
  });
  const ends = fc
    .tuple(
      fc.float({ min: -9, max: 9, noNaN: true }),
      fc.oneof(fc.constant(0), fc.float({ min: 2 ** -7, max: 9, noNaN: true })),
    )
    .map(([low, range]) => [low, Math.fround(low + range)] as const);
  return {
    examples: fc
      .tuple(shapes(), seeds, seeds, ends)
      .map(([shape, seed, counter, [min, max]]) => example(shape, [seed, counter], min, max)),
    wrong: wrongKeys((shape, seed, counter) => ops.randomUniform(shape, seed, counter, 0, 1)),
  };
})();

const randomNormal: Case = (() => {
  const radius = (v: number) => Math.sqrt(-2 * Math.log(1 - v));
  const example = (shape: Shape, words: readonly number[], mean: number, stddev: number): Example => ({
    label: `randomNormal [${shape}] of ${mean}, ${stddev}`,
    inputs: key(words),
    apply: (s, c) => ops.randomNormal(shape, s!, c!, mean, stddev),
    reference: (s, c) =>
      zip('float32', (v, w) => radius(v) * Math.cos(2 * Math.PI * w) * stddev + mean, ...uniformPair(shape, s!, c!)),
    // ln of 2 ulps, halved by the root, which rounds; an angle of two roundings; cos of 2 ulps; two products, one sum
    tolerance: {
      bounds: (truth, s, c) => {
        const radii = uniformPair(shape, s!, c!)[0].data.map(radius);
        return truth.data.map(
          (y, i) =>
            1.001 * (Math.abs(stddev) * radii[i]! * (3 * u + 4 * Math.PI * u + 4 * u + 2 * u) + u * Math.abs(y)) + tiny,
        );
      },
    },
  });
  return {
    examples: fc
      .tuple(shapes(), seeds, seeds, moderate, moderate)
      .map(([shape, seed, counter, mean, stddev]) => example(shape, [seed, counter], mean, stddev)),
    wrong: wrongKeys((shape, seed, counter) => ops.randomNormal(shape, seed, counter, 0, 1)),
  };
})();

export const composed = {
  arange,
  cast,
  equal: comparison('equal', (a, b) => a === b),
  gather,
  greater: comparison('greater', (a, b) => a > b),
  greaterEqual: comparison('greaterEqual', (a, b) => a >= b),
  less: comparison('less', (a, b) => a < b),
  lessEqual: comparison('lessEqual', (a, b) => a <= b),
  logicalAnd: logic('logicalAnd', (a, b) => a && b),
  logicalNot,
  logicalOr: logic('logicalOr', (a, b) => a || b),
  logSoftmax: softmaxLike('logSoftmax', logShares, logShareBounds),
  matmul,
  notEqual: comparison('notEqual', (a, b) => a !== b),
  oneHot,
  randomNormal,
  randomUniform,
  scatterAdd,
  softmax: softmaxLike('softmax', shares, shareBounds),
  uniform01,
  where,
} as const;
