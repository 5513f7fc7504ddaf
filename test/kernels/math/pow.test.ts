// pow: within 2 ulp of the true value for all pairs, and the special values of C and NumPy.

import { pow } from '@treadle/kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ulpDistance } from '../../support/ulp.ts';
import { fromBits, specialValues, toBits } from './functions.ts';
import { overArrays } from './lanes.ts';

const run = overArrays(pow, { inputs: 2 });
const wide = overArrays(pow, { inputs: 2, wide: true });

/** As C and NumPy have it: 1ʸ = 1 for every y, (−1)^±∞ = 1; JavaScript gives NaN for these. */
function truth(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

type Pair = readonly [x: number, y: number];

function expectNear(pairs: readonly Pair[]): void {
  const got = run(
    Float32Array.from(pairs, ([x]) => x),
    Float32Array.from(pairs, ([, y]) => y),
  );
  pairs.forEach(([x, y], i) => {
    const distance = ulpDistance(got[i]!, truth(x, y));
    if (!(distance <= 2)) expect.fail(`[${i}] ${x} ** ${y}: got ${got[i]}, true ${truth(x, y)}, ${distance} ulp`);
  });
}

const anyFloat = fc.integer({ min: 0, max: 0xffffffff }).map(fromBits);
const unit = fc.double({ min: -1, max: 1, noNaN: true });

/** x near 1 as often as far from it, y such that the result lies anywhere between nothing and overflow. */
const inRange: fc.Arbitrary<Pair> = fc.oneof(
  fc.tuple(anyFloat, unit).map(([x, t]): Pair => [x, Math.fround((150 * t) / Math.log2(Math.abs(x)))]),
  fc.tuple(unit, fc.integer({ min: 0, max: 23 }), unit).map(([d, scale, t]): Pair => {
    const x = Math.fround(1 + (d / 2) * 2 ** -scale);
    return [x, Math.fround((150 * t) / Math.log2(x))];
  }),
);
const wholeOrHalf: fc.Arbitrary<Pair> = fc
  .tuple(fc.float({ min: -20, max: 20, noNaN: true }), fc.integer({ min: -60, max: 60 }))
  .map(([x, twice]): Pair => [x, twice / 2]);
const anyPair: fc.Arbitrary<Pair> = fc.oneof(fc.tuple(anyFloat, anyFloat), inRange, wholeOrHalf);

test('pow is right at every pair of special values', () => {
  const extra = [1.5, 2.5, 2 ** 22 + 0.5, 2 ** 23 + 1, 2 ** 24 - 1, 2 ** 24 + 2].flatMap((y) => [y, -y]);
  const values = [...specialValues, ...extra];
  expectNear(values.flatMap((x) => values.map((y): Pair => [x, y])));
});

test('pow is within 2 ulp of the truth', () => {
  fc.assert(
    fc.property(fc.array(anyPair, { minLength: 1000, maxLength: 1000 }), (pairs) => {
      expectNear(pairs);
    }),
    { numRuns: process.env.TREADLE_TEST_LONG ? 1000 : 20 },
  );
});

test('x¹ = x and x² = x · x rounded once', () => {
  fc.assert(
    fc.property(fc.array(anyFloat, { minLength: 8, maxLength: 8 }), (given) => {
      const x = Float32Array.from(given);
      expect(
        [
          ...run(
            x,
            x.map(() => 1),
          ),
        ].map(toBits),
      ).toEqual([...x].map(toBits));
      for (const [i, square] of run(
        x,
        x.map(() => 2),
      ).entries()) {
        expect(ulpDistance(square, x[i]! * x[i]!)).toBeLessThanOrEqual(0.5 + 2 ** -7);
      }
    }),
  );
});

test('pow has a result in each lane that depends on that lane alone, joined into wide vectors or not', () => {
  fc.assert(
    fc.property(fc.array(anyPair, { minLength: 8, maxLength: 8 }), (pairs) => {
      const [x, y] = [Float32Array.from(pairs, ([a]) => a), Float32Array.from(pairs, ([, b]) => b)];
      const together = [...run(x, y)].map(toBits);
      const alone = pairs.map(([a, b]) => toBits(run(new Float32Array(8).fill(a), new Float32Array(8).fill(b))[0]!));
      expect(together).toEqual(alone);
      expect([...wide(x, y)].map(toBits)).toEqual(together);
    }),
  );
});
