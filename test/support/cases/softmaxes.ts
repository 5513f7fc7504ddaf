// Cases of softmax and logSoftmax.

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import { alongAxis, type NdArray, nd, type Shape, tiny, u, withDtype } from '../reference.ts';
import { apart, arrays, type Case, type Example, oneAxis, type ShapeLimits, shapes, small } from './case.ts';
import { node } from './nodes.ts';
import { logSumExpOf, sumExpError } from './reductions.ts';

const shares = (row: number[]) => row.map((x) => Math.exp(x - logSumExpOf(row)));
const logShares = (row: number[]) => row.map((x) => x - logSumExpOf(row));

/** e^(x − m) and the sum of the exponentials have these relative errors, and the division is rounded. */
function shareBounds(row: number[]): number[] {
  const m = Math.max(...row);
  const ofSum = sumExpError(row);
  return shares(row).map((share, i) => 1.001 * share * (Math.expm1(u * (m - row[i]!)) + 4 * u + ofSum + u) + 8 * tiny);
}

/** x − (m + ln Σ e^(x − m)). */
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

export const softmaxes = {
  logSoftmax: softmaxLike('logSoftmax', logShares, logShareBounds),
  softmax: softmaxLike('softmax', shares, shareBounds),
} as const;
