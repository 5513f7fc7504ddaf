// Cases of reductions along axes. The bounds follow Higham, "Accuracy and Stability of Numerical Algorithms", chapters
// 3 and 4: the error of a sum of n terms is at most γₙ₋₁·Σ|xᵢ|, in any order.

import { type Axes, type Dtype, type Node, ops, type ReduceOptions } from '@treadle/graph';
import fc from 'fast-check';
import { axesOf, gamma, type NdArray, nd, reduceAxes, sum, tiny, u, withDtype } from '../reference.ts';
import {
  apart,
  arrays,
  asList,
  type Case,
  type Example,
  elementsOf,
  finite,
  moderate,
  oneAxis,
  type ShapeLimits,
  type Spread,
  shapes,
  small,
  someAxes,
  type Tolerance,
  type Wrong,
} from './case.ts';
import { node } from './nodes.ts';

type Elements = number[];
type Reduction = (x: Node, axes?: Axes, options?: ReduceOptions) => Node;

interface Options {
  readonly reduce: (x: Elements) => number;
  /** the dtype of the result for each dtype of the input */
  readonly dtypes: Readonly<Record<Dtype, Dtype>>;
  /** the error allowed for the result of these elements; 0 by default */
  readonly bound?: (x: Elements, truth: number) => number;
  readonly domain?: fc.Arbitrary<number>;
  /** whether there must be at least one element */
  readonly nonEmpty?: boolean;
  readonly smooth?: Spread;
  readonly oneAxisOnly?: boolean;
  /** whether gradients need at least two elements */
  readonly several?: boolean;
  readonly also?: readonly Wrong[];
}

const noAxis = (apply: (x: Node, axis: number) => unknown): readonly Wrong[] => [
  { call: () => apply(node([2, 3]), 2), error: 'ShapeError' },
  { call: () => apply(node([2, 3]), -3), error: 'ShapeError' },
  { call: () => apply(node([2, 3]), 0.5), error: 'ShapeError' },
  { call: () => apply(node([]), 0), error: 'ShapeError' },
];

function reduction(name: keyof typeof ops, options: Options): Case {
  const {
    reduce,
    dtypes,
    bound,
    domain = finite,
    nonEmpty = false,
    smooth,
    oneAxisOnly = false,
    several = false,
  } = options;
  const apply = ops[name] as Reduction;
  const example = (input: NdArray, axes: Axes, keepDims: boolean | undefined): Example => {
    const tolerance: Tolerance = bound
      ? {
          bounds: (truth, x) =>
            reduceAxes(x!, axes, true, (elements) => bound(elements, reduce(elements))).data.map(
              (b, i) => b + 2 * u * 2 ** -28 * Math.abs(truth.data[i]!),
            ),
        }
      : 'rounded';
    return {
      label: `${name} over ${JSON.stringify(axes)}${keepDims ? ', dims kept' : ''}`,
      inputs: [input],
      apply: (x) => apply(x!, axes, ...(keepDims === undefined ? [] : [{ keepDims }])),
      reference: (x) => {
        const dtype = dtypes[x!.dtype];
        const values = dtype === 'float32' ? withDtype(x!, 'float32') : x!;
        return reduceAxes(values, axes, keepDims ?? false, reduce, dtype);
      },
      tolerance,
    };
  };
  const draw = (
    limits: ShapeLimits,
    inputs: (shape: readonly number[]) => fc.Arbitrary<NdArray>,
  ): fc.Arbitrary<Example> =>
    shapes({ ...limits, minRank: oneAxisOnly ? 1 : 0 })
      .chain((shape) => {
        const axes = oneAxisOnly ? fc.option(oneAxis(shape.length), { nil: undefined }) : someAxes(shape.length);
        const fits = axes.filter((some) => !nonEmpty || axesOf(some, shape.length).every((axis) => shape[axis] !== 0));
        const hasOne = !nonEmpty || shape.every((extent) => extent !== 0);
        return fc.tuple(
          inputs(shape),
          hasOne ? fits : fc.constant(shape.findIndex((extent) => extent !== 0)),
          fc.option(fc.boolean(), { nil: undefined }),
        );
      })
      .filter(
        ([{ shape }, axes]) =>
          axes !== -1 && (!nonEmpty || axesOf(axes, shape.length).every((axis) => shape[axis] !== 0)),
      )
      .map(([x, axes, keepDims]) => example(x, axes, keepDims));
  const inputs = (shape: readonly number[]) =>
    fc
      .constantFrom<Dtype>('float32', 'float32', 'int32', 'bool')
      .chain((dtype) =>
        arrays(
          shape,
          dtype === 'int32' && bound ? fc.integer({ min: -99, max: 99 }) : elementsOf(dtype, domain),
          dtype,
        ),
      );
  const rows = [
    [NaN, 1, 2],
    [1, NaN, -1],
    [Infinity, 1, 2],
    [-Infinity, 1, 2],
    [0, -0, 0],
    [-0, -0, -0],
    [2 ** -149, -(2 ** -149), 2 ** -149],
  ];
  const empty: Wrong[] = [
    { call: () => apply(node([2, 0]), 1), error: 'ShapeError' },
    { call: () => apply(node([0])), error: 'ShapeError' },
  ];
  const twice: Wrong[] = [{ call: () => apply(node([2, 3]), [0, -2]), error: 'ShapeError' }];
  return {
    examples: draw({}, inputs),
    special:
      bound && name !== 'sum'
        ? []
        : [example(nd([rows.length, 3], rows.flat()), 1, false), example(nd([rows.length, 3], rows.flat()), 0, true)],
    ...(smooth && {
      smooth: draw(small, (shape) => apart([shape], smooth).map(([x]) => x!)).filter(
        ({ inputs: [x], reference }) => !several || asList(reference(x!)).every(({ data }) => data.every((y) => y > 0)),
      ),
    }),
    wrong: [...noAxis(apply), ...(nonEmpty ? empty : []), ...(oneAxisOnly ? [] : twice), ...(options.also ?? [])],
  };
}

const byKind = (floats: Dtype, others: Dtype): Readonly<Record<Dtype, Dtype>> => ({
  float32: floats,
  float16: floats,
  int32: others,
  uint8: others,
  bool: others,
});
const kept = byKind('float32', 'int32');
const float = byKind('float32', 'float32');
const bool = byKind('bool', 'bool');
const index = byKind('int32', 'int32');

const absolute = (x: Elements) => x.map(Math.abs);
const average = (x: Elements) => sum(x) / x.length;

export function variance(x: Elements): number {
  const m = average(x);
  return average(x.map((value) => (value - m) ** 2));
}

/**
 * The error of the mean is e = γₙ·Σ|xᵢ|/n, that of a distance d from it δ = e + u·(|d| + e); from these follows that of
 * the variance.
 */
export function varianceBound(x: Elements): number {
  const n = x.length;
  const m = average(x);
  const e = (gamma(n) * sum(absolute(x))) / n;
  const worst = x.map((value) => Math.abs(value - m)).map((d) => d + e + u * (d + e));
  const squares = average(worst.map((d) => d * d));
  return squares - variance(x) + gamma(n + 2) * squares + 2 * tiny; // squares may be denormal
}

function stdBound(x: Elements): number {
  const off = varianceBound(x);
  const truth = Math.sqrt(variance(x));
  // |√a − √b| ≤ |a − b|/√b, and ≤ √|a − b|
  return Math.min(off / truth || Infinity, Math.sqrt(off)) * (1 + u) + u * truth;
}

export function logSumExpOf(x: Elements): number {
  const m = Math.max(...x);
  return Number.isFinite(m) ? m + Math.log(sum(x.map((value) => Math.exp(value - m)))) : m;
}

/** The largest relative error of e^(x − m): a rounded difference, and exp with 2 ulps. */
const expError = (x: number, m: number) => Math.expm1(u * Math.abs(x - m)) + 4 * u;

/** The relative error of Σ e^(x − m). */
export function sumExpError(x: Elements): number {
  const m = Math.max(...x);
  const e = x.map((value) => Math.exp(value - m));
  return sum(e.map((value, i) => value * expError(x[i]!, m))) / sum(e) + gamma(x.length + 1);
}

function logSumExpBound(x: Elements, truth: number): number {
  const m = Math.max(...x);
  const logarithm = Math.abs(truth - m);
  return 1.001 * (sumExpError(x) + 4 * u * (logarithm + u) + u * Math.abs(truth)) + tiny;
}

function integerSum(x: Elements): number {
  return x.reduce((total, value) => (total + value) | 0, 0);
}

const zeroes = fc.oneof(
  { weight: 5, arbitrary: fc.float({ min: Math.fround(0.75), max: Math.fround(1.3), noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0) },
);

/** Products with one or two zeros, where the gradient of a zero is the product of the other elements. */
const productsWithZeros: fc.Arbitrary<Example> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
  .chain(([m, n]) =>
    arrays([m, n], fc.oneof(fc.constant(0), fc.float({ min: Math.fround(0.5), max: 2, noNaN: true }))).map(
      (x): Example => ({
        label: 'prod of rows with zeros',
        inputs: [x],
        apply: (value) => ops.prod(value!, 1),
        reference: (value) => reduceAxes(value!, 1, false, (row) => row.reduce((p, v) => p * v, 1)),
        tolerance: { bounds: (truth) => truth.data.map((p) => gamma(n) * Math.abs(p)) },
      }),
    ),
  );

const prod: Case = (() => {
  const floats = reduction('prod', {
    reduce: (x) => x.reduce((p, v) => p * v, 1),
    dtypes: kept,
    bound: (x, truth) => gamma(x.length) * Math.abs(truth),
    domain: zeroes,
    smooth: { from: 0.5, step: 0.1 },
  });
  const integers = reduction('prod', { reduce: (x) => x.reduce((p, v) => Math.imul(p, v), 1), dtypes: kept });
  return {
    ...floats,
    examples: fc.oneof(
      floats.examples.filter(({ inputs }) => inputs[0]!.dtype === 'float32'),
      integers.examples.filter(({ inputs }) => inputs[0]!.dtype !== 'float32'),
    ),
    smooth: fc.oneof(floats.smooth!, productsWithZeros),
  };
})();

const floatSum = reduction('sum', {
  reduce: (x) => (x.length === 0 ? 0 : sum(x)),
  dtypes: kept,
  bound: (x) => gamma(x.length) * sum(absolute(x)),
  domain: moderate,
  smooth: {},
});
const intSum = reduction('sum', { reduce: integerSum, dtypes: kept });

const argCase = (name: 'argmax' | 'argmin', direction: 1 | -1): Case =>
  reduction(name, {
    reduce: (x) => {
      const nan = x.findIndex(Number.isNaN);
      const best = direction * Math.max(...x.map((value) => direction * value));
      return nan >= 0 ? nan : x.indexOf(best);
    },
    dtypes: index,
    nonEmpty: true,
    oneAxisOnly: true,
    domain: fc.oneof(finite, fc.constantFrom(1, 2)),
  });

export const reductions = {
  all: reduction('all', {
    reduce: (x) => (x.every((v) => v !== 0) ? 1 : 0),
    dtypes: bool,
    domain: fc.constantFrom(0, 1, -0, 0.5, NaN),
  }),
  any: reduction('any', {
    reduce: (x) => (x.some((v) => v !== 0) ? 1 : 0),
    dtypes: bool,
    domain: fc.constantFrom(0, 0, 0, -0, 1, NaN),
  }),
  argmax: argCase('argmax', 1),
  argmin: argCase('argmin', -1),
  logSumExp: reduction('logSumExp', {
    reduce: logSumExpOf,
    dtypes: float,
    bound: logSumExpBound,
    domain: fc.float({ min: -90, max: 90, noNaN: true }),
    nonEmpty: true,
    smooth: {},
  }),
  max: reduction('max', { reduce: (x) => Math.max(...x), dtypes: kept, nonEmpty: true, smooth: {} }),
  mean: reduction('mean', {
    reduce: average,
    dtypes: float,
    bound: (x) => (gamma(x.length + 1) * sum(absolute(x))) / x.length + tiny,
    domain: moderate,
    smooth: {},
  }),
  min: reduction('min', { reduce: (x) => Math.min(...x), dtypes: kept, nonEmpty: true, smooth: {} }),
  prod,
  std: reduction('std', {
    reduce: (x) => Math.sqrt(variance(x)),
    dtypes: float,
    bound: stdBound,
    domain: moderate,
    smooth: {},
    several: true,
  }),
  sum: {
    ...floatSum,
    examples: fc.oneof(
      floatSum.examples.filter(({ inputs }) => inputs[0]!.dtype === 'float32'),
      intSum.examples.filter(({ inputs }) => inputs[0]!.dtype !== 'float32'),
    ),
  },
  variance: reduction('variance', {
    reduce: variance,
    dtypes: float,
    bound: varianceBound,
    domain: moderate,
    smooth: {},
  }),
} as const;
