// The float64 references that the other tests of this folder rely on, against published values.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ulpDistance, ulpOf } from '../../support/ulp.ts';
import { erf, erfc } from './references.ts';

test('a float64 rounded to float32 is within half an ulp of itself', () => {
  fc.assert(
    fc.property(fc.double({ min: -(2 ** 128 - 2 ** 104), max: 2 ** 128 - 2 ** 104, noNaN: true }), (x) => {
      fc.pre(Math.abs(x) > 2 ** -200);
      expect(ulpDistance(Math.fround(x), x)).toBeLessThanOrEqual(0.5);
    }),
  );
});

test('the neighbour of a float32 is one ulp away', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
      fc.pre(x !== 0);
      const next = Math.sign(x) * (Math.abs(x) + ulpOf(x));
      expect(ulpDistance(next, x)).toBe(1);
    }),
  );
});

test('a wrong kind is infinitely far', () => {
  for (const [got, truth] of [
    [NaN, 1],
    [1, NaN],
    [0, -0],
    [-0, 0],
    [2 ** 127, Infinity],
    [Infinity, -Infinity],
  ] as const) {
    expect(ulpDistance(got, truth)).toBe(Infinity);
  }
  expect(ulpDistance(Infinity, 2 ** 128)).toBe(0);
  expect(ulpDistance(Infinity, 1)).toBeGreaterThan(2 ** 100);
});

test('the reference of erf agrees with the tables and with itself across the seam', () => {
  // Abramowitz and Stegun, table 7.1
  for (const [x, value] of [
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
  ] as const) {
    expect(Math.abs(erf(x) - value)).toBeLessThan(4e-16);
    expect(erf(-x)).toBe(-erf(x));
  }
  const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-6.25);
  expect(Math.abs(erf(2.5) - erf(2.5 - 2 ** -40) - slope * 2 ** -40)).toBeLessThan(4e-16);
});

test('the reference of erfc is 1 − erf, agrees with its asymptotic series and with itself across the seam', () => {
  for (const x of [-4, -2, -0.3, 0, 0.7, 1.9, 2.4]) expect(Math.abs(erfc(x) + erf(x) - 1)).toBeLessThan(4e-16);
  expect([erfc(Infinity), erfc(-Infinity), erfc(Number.NaN)]).toEqual([0, 2, Number.NaN]);
  for (const x of [6, 8, 10]) {
    // e^−x²/(x√π)·(1 − 1/2x² + 3/4x⁴ − …): the error is less than the first term that is left out
    const y = 1 / (2 * x * x);
    const series = (Math.exp(-x * x) / (x * Math.sqrt(Math.PI))) * (1 - y + 3 * y ** 2 - 15 * y ** 3);
    expect(Math.abs(erfc(x) / series - 1)).toBeLessThan(1.2 * 105 * y ** 4);
  }
  const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-6.25);
  expect(Math.abs((erfc(2.5 - 2 ** -40) - erfc(2.5) - slope * 2 ** -40) / erfc(2.5))).toBeLessThan(1e-12);
});
