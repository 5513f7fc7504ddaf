// The case of the matrix product. Its error is at most γₖ·Σ|aᵢbᵢ| (Higham, "Accuracy and Stability", 3.1).

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import { at, broadcast, build, gamma, type NdArray, nd, type Shape, sizeOf, sum, tiny } from '../reference.ts';
import { apart, arrays, broadcastable, type Case, type Example, type ShapeLimits, type Tolerance } from './case.ts';
import { node } from './nodes.ts';

/**
 * a and b as stacks of matrices [batch…, m, k] and [batch…, k, n], and the axes of the result that were added for
 * vectors.
 */
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

export const products = {
  matmul,
} as const;
