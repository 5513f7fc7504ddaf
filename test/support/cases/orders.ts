// Cases of ops that sort along an axis or sum cumulatively along it.

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import { at, axesOf, build, gamma, type NdArray, nd, type Shape } from '../reference.ts';
import { anyArray, apart, arrays, type Case, type Example, finite, moderate, oneAxis, shapes, small } from './case.ts';
import { node } from './nodes.ts';

/** Applies `change` to each row along the axis. The rows of the result may have another length. */
function along(
  x: NdArray,
  axis: number,
  change: (row: readonly number[]) => readonly number[],
  dtype = x.dtype,
): NdArray {
  const d = axesOf(axis, x.shape.length)[0]!;
  const n = x.shape[d]!;
  const known = new Map<string, readonly number[]>();
  const rowAt = (index: readonly number[]): readonly number[] => {
    const first = index.with(d, 0);
    const row = known.get(`${first}`) ?? change(Array.from({ length: n }, (_, k) => at(x, index.with(d, k))));
    known.set(`${first}`, row);
    return row;
  };
  const length = change(new Array<number>(n).fill(0)).length;
  return build(x.shape.with(d, length), (index) => rowAt(index)[index[d]!]!, dtype);
}

/** The positions in sorted order. NaN is larger than everything; equal elements keep their order. */
function order(row: readonly number[], descending: boolean): number[] {
  const above = (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b)
      ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
      : a === b
        ? 0
        : a < b
          ? -1
          : 1;
  return row.map((_, i) => i).sort((i, j) => (descending ? -1 : 1) * above(row[i]!, row[j]!));
}

const sorted = (row: readonly number[], descending: boolean): number[] => order(row, descending).map((i) => row[i]!);

const few = fc.oneof(finite, fc.constantFrom(0, -0, 1, 1, 2, Number.NaN, Infinity, -Infinity));

/** An array and one of its axes. */
function drawn(values: (shape: Shape) => fc.Arbitrary<NdArray>, limits = {}): fc.Arbitrary<readonly [NdArray, number]> {
  return shapes({ ...limits, minRank: 1 }).chain((shape) => fc.tuple(values(shape), oneAxis(shape.length)));
}

const mixed = drawn((shape) => fc.oneof(arrays(shape, few), anyArray(shape)));
const long = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(100, 257, 1000))
  .chain((shape) => fc.tuple(arrays(shape, few), fc.constant(1)));
const smooth = drawn((shape) => apart([shape]).map(([x]) => x!), small);

const wrongAxis = (apply: (x: ReturnType<typeof node>, axis: number) => unknown): Case['wrong'] => [
  { call: () => apply(node([2, 3]), 2), error: 'ShapeError' },
  { call: () => apply(node([]), 0), error: 'ShapeError' },
];

function sorting(name: 'sort' | 'argsort'): Case {
  const example = ([x, axis]: readonly [NdArray, number], descending: boolean): Example => ({
    label: `${name} along ${axis}${descending ? ', descending' : ''}`,
    inputs: [x],
    apply: (value) => ops[name](value!, axis, { descending }),
    reference: (value) =>
      name === 'sort'
        ? along(value!, axis, (row) => sorted(row, descending))
        : along(value!, axis, (row) => order(row, descending), 'int32'),
    tolerance: 'rounded',
  });
  const examples = (drawings: fc.Arbitrary<readonly [NdArray, number]>): fc.Arbitrary<Example> =>
    fc.tuple(drawings, fc.boolean()).map(([drawing, descending]) => example(drawing, descending));
  return {
    examples: fc.oneof({ weight: 9, arbitrary: examples(mixed) }, { weight: 1, arbitrary: examples(long) }),
    ...(name === 'sort' ? { smooth: examples(smooth) } : {}),
    wrong: wrongAxis((x, axis) => ops[name](x, axis)),
  };
}

const topK: Case = (() => {
  const largest = (x: NdArray, axis: number, k: number): NdArray =>
    along(x, axis, (row) => sorted(row, true).slice(0, k));
  const withK = (
    drawings: fc.Arbitrary<readonly [NdArray, number]>,
  ): fc.Arbitrary<readonly [NdArray, number, number]> =>
    drawings.chain(([x, axis]) => fc.tuple(fc.constant(x), fc.constant(axis), fc.nat(x.shape.at(axis)!)));
  return {
    examples: withK(
      fc.oneof({ weight: 9, arbitrary: mixed.filter(([x]) => x.dtype !== 'bool') }, { weight: 1, arbitrary: long }),
    ).map(
      ([input, axis, k]): Example => ({
        label: `the ${k} largest along ${axis}`,
        inputs: [input],
        apply: (x) => ops.topK(x!, k, axis),
        reference: (x) => [largest(x!, axis, k), along(x!, axis, (row) => order(row, true).slice(0, k), 'int32')],
        tolerance: 'rounded',
      }),
    ),
    smooth: withK(smooth).map(
      ([input, axis, k]): Example => ({
        label: `the ${k} largest along ${axis}`,
        inputs: [input],
        apply: (x) => ops.topK(x!, k, axis)[0],
        reference: (x) => largest(x!, axis, k),
        tolerance: 'rounded',
      }),
    ),
    wrong: [
      ...wrongAxis((x, axis) => ops.topK(x, 1, axis)),
      { call: () => ops.topK(node([2, 3]), 4), error: 'ShapeError' },
      { call: () => ops.topK(node([2, 3]), 1.5), error: 'ShapeError' },
      { call: () => ops.topK(node([2], 'bool'), 1), error: 'DtypeError' },
    ],
  };
})();

const cumsum: Case = (() => {
  const running = (row: readonly number[], isInteger: boolean): number[] => {
    let total = 0;
    return row.map((x) => {
      total = isInteger ? (total + x) | 0 : total + x;
      return total;
    });
  };
  const flat = (x: NdArray): NdArray => nd([x.data.length], x.data, x.dtype);
  const example = ([input, axis]: readonly [NdArray, number | undefined]): Example => {
    const isFloat = input.dtype === 'float32';
    const sums = (x: NdArray): NdArray =>
      along(
        axis === undefined ? flat(x) : x,
        axis ?? 0,
        (row) => running(row, !isFloat),
        isFloat ? 'float32' : 'int32',
      );
    return {
      label: `cumsum along ${axis}`,
      inputs: [input],
      apply: (x) => ops.cumsum(x!, axis),
      reference: (x) => sums(x!),
      tolerance: {
        // the k-th element is a sum of k terms
        bounds: (_, x) => {
          const n = axis === undefined ? x!.data.length : x!.shape.at(axis)!;
          return sums({ ...x!, data: x!.data.map(Math.abs) }).data.map((size) => gamma(n) * size);
        },
      },
    };
  };
  const anyAxis = <T extends readonly [NdArray, number]>(drawings: fc.Arbitrary<T>) =>
    fc.tuple(drawings, fc.nat(4)).map(([[x, axis], all]) => example([x, all === 0 ? undefined : axis]));
  return {
    examples: anyAxis(drawn((shape) => fc.oneof(arrays(shape, moderate), anyArray(shape, ['int32', 'bool'])))),
    smooth: anyAxis(smooth),
    wrong: wrongAxis((x, axis) => ops.cumsum(x, axis)),
  };
})();

export const orders = { argsort: sorting('argsort'), cumsum, sort: sorting('sort'), topK } as const;
