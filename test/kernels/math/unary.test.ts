// Functions of one number: within 2 ulp, or a bound of their own, of the true value over the whole range; special values; and
// lanes that do not depend on their neighbours.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ulpDistance } from '../../support/ulp.ts';
import { fromBits, specialValues, toBits, type Unary, unary } from './functions.ts';
import { type ArrayFunction, overArrays } from './lanes.ts';

/** The worst element, as a sentence; undefined where every error is within the bound. */
function violation(
  run: ArrayFunction,
  { truth, ulps: bound = 2 }: Pick<Unary, 'truth' | 'ulps'>,
  x: Float32Array,
): string | undefined {
  const y = run(x);
  let [worst, at] = [bound, -1];
  for (let i = 0; i < x.length; i++) {
    const [got, wanted] = [y[i]!, truth(x[i]!)];
    if (Math.abs(got - wanted) * 2 ** 23 <= Math.abs(wanted) && wanted !== 0) continue; // ≤ 2 ulp: skips the slow way
    const distance = ulpDistance(got, wanted);
    if (distance > worst) [worst, at] = [distance, i];
  }
  return at < 0 ? undefined : `at [${at}] x = ${x[at]}: got ${y[at]}, true ${truth(x[at]!)}, ${worst} ulp`;
}

/** Every sign and exponent with `count` mantissas each, the first and the last among them. */
function everyExponent(count: number, seed: number): Float32Array {
  const words = new Uint32Array(512 * count);
  let state = seed >>> 0;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const mantissa = i % count === 0 ? 0 : i % count === 1 ? 0x7fffff : state >>> 9;
    words[i] = (Math.floor(i / count) << 23) | mantissa;
  }
  return new Float32Array(words.buffer);
}

const anyWord = fc.integer({ min: 0, max: 0xffffffff });
/** Values near where the functions are interesting, and any bits. */
const anyFloat = fc.oneof(
  fc.float({ min: -110, max: 110, noNaN: true }),
  fc.constantFrom(...specialValues),
  anyWord.map(fromBits),
);

describe.each(Object.entries(unary))('%s', (_name, { lanes, symmetry, ...expected }) => {
  const run = overArrays(lanes);
  const wide = overArrays(lanes, { wide: true });

  test('is within its bound of the truth at every sign and exponent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
        expect(violation(run, expected, everyExponent(256, seed))).toBeUndefined();
      }),
      { numRuns: 4 },
    );
  });

  test('is within its bound of the truth where float32 is densest in use: |x| < 128', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (phase) => {
        const x = Float32Array.from({ length: 1 << 16 }, (_, i) => (i + phase - 2 ** 15) * 2 ** -8);
        expect(violation(run, expected, x)).toBeUndefined();
      }),
      { numRuns: 4 },
    );
  });

  test('is right at special values: zeros keep their sign, NaN stays, ∞ and overflow are exact', () => {
    expect(violation(run, expected, Float32Array.from(specialValues))).toBeUndefined();
  });

  test('has a result in each lane that depends on that lane alone', () => {
    fc.assert(
      fc.property(fc.array(anyFloat, { minLength: 8, maxLength: 8 }), (x) => {
        const together = [...run(Float32Array.from(x))].map(toBits);
        const alone = x.map((value) => toBits(run(new Float32Array(8).fill(value))[0]!));
        expect(together).toEqual(alone);
      }),
    );
  });

  test('has the same bits where V8 joins two vectors', () => {
    const x = everyExponent(64, 1);
    expect([...wide(x)].map(toBits)).toEqual([...run(x)].map(toBits));
  });

  if (symmetry) {
    test(`is ${symmetry}, bit for bit`, () => {
      const x = everyExponent(64, 2);
      const mirrored = [...run(x.map((value) => -value))].map((y) => (symmetry === 'odd' ? -y : y));
      expect(mirrored.map(toBits)).toEqual([...run(x)].map(toBits));
    });
  }

  test.runIf(process.env.TREADLE_TEST_LONG)(
    'is within its bound of the truth at every float32',
    () => {
      const words = new Uint32Array(1 << 16);
      const x = new Float32Array(words.buffer);
      for (let base = 0; base < 2 ** 32; base += words.length) {
        for (let i = 0; i < words.length; i++) words[i] = base + i;
        const found = violation(run, expected, x);
        if (found) expect.fail(found);
      }
    },
    1_800_000,
  );
});
