// Cases of ops on stacks of small matrices. The kernels compute in float64 and round once. Ops that are composed of
// them get their bound from the running error analysis.

import { type Node, ops } from '@treadle/graph';
import fc from 'fast-check';
import * as truth from '../matrices.ts';
import { type NdArray, nd, type Shape, sizeOf } from '../reference.ts';
import { computeBounded } from '../running-error.ts';
import { arrays, type Case, type Example, type Tolerance } from './case.ts';
import { node, nodeFor } from './nodes.ts';

type Matrices = readonly truth.Matrix[];

const matricesOf = ({ shape, data }: NdArray): Matrices => {
  const [m, n] = shape.slice(-2) as [number, number];
  return Array.from({ length: sizeOf(shape.slice(0, -2)) }, (_, i) =>
    Array.from({ length: m }, (_, r) => data.slice((i * m + r) * n, (i * m + r + 1) * n)),
  );
};

/** All results as one flat array, so that each element has its own bound. */
const joined = (nodes: readonly Node[]): Node => ops.concat(nodes.map((x) => ops.reshape(x, [sizeOf(x.shape)])));

interface Options {
  readonly name: string;
  readonly apply: (...nodes: readonly Node[]) => readonly Node[];
  /** the results for one matrix of each input */
  readonly reference: (...matrices: Matrices) => readonly (readonly number[])[];
  /** the call on stacks of matrices */
  readonly inputs: fc.Arbitrary<readonly NdArray[]>;
  readonly wrong: Case['wrong'];
}

/** The rounding of float64, amplified by the condition numbers of these matrices. */
const float64 = 2 ** -36;

function stacked({ name, apply, reference, inputs, wrong }: Options): Case {
  const examples = inputs.map((arrays): Example => {
    const tolerance: Tolerance = {
      bounds: (expected, ...given) =>
        computeBounded([joined(apply(...given.map(nodeFor)))])[0]!.errors.map(
          (error, i) => 1.001 * error + float64 * (1 + Math.abs(expected.data[i]!)),
        ),
    };
    return {
      label: `${name} of ${arrays.map(({ shape }) => `[${shape}]`).join(' and ')}`,
      inputs: arrays,
      apply: (...nodes) => joined(apply(...nodes)),
      reference: (...given) => {
        const stacks = given.map(matricesOf);
        const each = stacks[0]!.map((_, i) => reference(...stacks.map((stack) => stack[i]!)));
        const results = (each[0] ?? []).map((_, r) => each.flatMap((one) => one[r]!));
        return nd([results.flat().length], results.flat());
      },
      tolerance,
    };
  });
  return { examples, smooth: examples, wrong };
}

const few: fc.Arbitrary<readonly number[]> = fc.constantFrom([], [], [1], [2]);

/** Well-conditioned matrices with distinct eigenvalues and singular values: their diagonal is large and uneven. */
function strong(outer: readonly number[], m: number, n: number): fc.Arbitrary<NdArray> {
  const shape: Shape = [...outer, m, n];
  const element = fc.integer({ min: -64, max: 64 }).map((x) => x / 64);
  return arrays(shape, element).map(({ data }) =>
    nd(
      shape,
      data.map((x, at) => {
        const [row, column] = [Math.floor(at / n) % m, at % n];
        return row === column ? x + 4 * (row + 2) : x;
      }),
    ),
  );
}

const square = few.chain((outer) => fc.integer({ min: 1, max: 3 }).chain((n) => strong(outer, n, n)));
const tall = few.chain((outer) =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 2 }))
    .chain(([n, more]) => strong(outer, n + more, n)),
);
const one = (matrices: fc.Arbitrary<NdArray>): fc.Arbitrary<readonly NdArray[]> => matrices.map((x) => [x]);

const withRight = (matrices: fc.Arbitrary<NdArray>): fc.Arbitrary<readonly NdArray[]> =>
  fc.tuple(matrices, fc.integer({ min: 1, max: 2 })).chain(([a, columns]) => {
    const element = fc.integer({ min: -64, max: 64 }).map((x) => x / 16);
    return arrays(a.shape.with(-1, columns), element).map((b) => [a, b]);
  });

const notMatrices = (apply: (a: Node) => unknown): Case['wrong'] => [
  { call: () => apply(node([3])), error: 'ShapeError' },
  { call: () => apply(node([])), error: 'ShapeError' },
];
const notSquare = (apply: (a: Node) => unknown): Case['wrong'] => [
  ...notMatrices(apply),
  { call: () => apply(node([2, 3])), error: 'ShapeError' },
];
const notFitting = (apply: (a: Node, b: Node) => unknown): Case['wrong'] => [
  { call: () => apply(node([2, 2]), node([3, 1])), error: 'ShapeError' },
  { call: () => apply(node([2, 2]), node([3])), error: 'ShapeError' },
  { call: () => apply(node([4, 2, 2]), node([3, 2, 1])), error: 'ShapeError' },
  { call: () => apply(node([4, 2, 2]), node([2])), error: 'ShapeError' },
];

const flat = (m: truth.Matrix): number[] => m.flat();

export const linearAlgebra = {
  cholesky: stacked({
    name: 'cholesky',
    apply: (a) => [ops.cholesky(a!)],
    reference: (a) => [flat(truth.cholesky(truth.symmetricPart(a!)))],
    inputs: one(square),
    wrong: notSquare((a) => ops.cholesky(a)),
  }),
  det: stacked({
    name: 'det',
    apply: (a) => [ops.det(a!)],
    reference: (a) => [[truth.det(a!)]],
    inputs: one(square),
    wrong: notSquare((a) => ops.det(a)),
  }),
  eigh: stacked({
    name: 'eigh',
    apply: (a) => ops.eigh(a!),
    reference: (a) => {
      const { values, vectors } = truth.eigen(truth.symmetricPart(a!));
      return [values, flat(vectors)];
    },
    inputs: one(square),
    wrong: notSquare((a) => ops.eigh(a)),
  }),
  inv: stacked({
    name: 'inv',
    apply: (a) => [ops.inv(a!)],
    reference: (a) => [flat(truth.solve(a!, truth.identity(a!.length)))],
    inputs: one(square),
    wrong: notSquare((a) => ops.inv(a)),
  }),
  lstsq: stacked({
    name: 'lstsq',
    apply: (a, b) => [ops.lstsq(a!, b!)],
    reference: (a, b) => {
      const t = truth.transposed(a!);
      return [flat(truth.solve(truth.product(t, a!), truth.product(t, b!)))];
    },
    inputs: withRight(tall),
    wrong: [
      ...notMatrices((a) => ops.lstsq(a, a)),
      ...notFitting(ops.lstsq),
      { call: () => ops.lstsq(node([2, 3]), node([2, 1])), error: 'ShapeError' },
    ],
  }),
  qr: stacked({
    name: 'qr',
    apply: (a) => ops.qr(a!),
    reference: (a) => {
      const q = truth.orthonormal(a!);
      const r = truth.product(truth.transposed(q), a!);
      return [flat(q), flat(r.map((row, i) => row.map((x, j) => (j < i ? 0 : x))))];
    },
    inputs: one(tall),
    wrong: [...notMatrices((a) => ops.qr(a)), { call: () => ops.qr(node([2, 3])), error: 'ShapeError' }],
  }),
  solve: stacked({
    name: 'solve',
    apply: (a, b) => [ops.solve(a!, b!)],
    reference: (a, b) => [flat(truth.solve(a!, b!))],
    inputs: withRight(square),
    wrong: [...notSquare((a) => ops.solve(a, a)), ...notFitting(ops.solve)],
  }),
  svd: stacked({
    name: 'svd',
    apply: (a) => ops.svd(a!),
    reference: (a) => {
      const isTall = a!.length >= a![0]!.length;
      const m = isTall ? a! : truth.transposed(a!);
      const { left, values, vectors } = truth.singular(m);
      return isTall
        ? [flat(left), values, flat(truth.transposed(vectors))]
        : [flat(vectors), values, flat(truth.transposed(left))];
    },
    inputs: one(
      fc.oneof(
        tall,
        tall.map(({ shape, data }) => {
          const [m, n] = shape.slice(-2) as [number, number];
          const turned = matricesOf(nd(shape, data)).flatMap((a) => flat(truth.transposed(a)));
          return nd([...shape.slice(0, -2), n, m], turned);
        }),
      ),
    ),
    wrong: notMatrices((a) => ops.svd(a)),
  }),
} as const;
