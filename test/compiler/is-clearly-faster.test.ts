// The comparison of two speeds on a machine that is busy with other work: it finds the truth from measurements of which most are too
// long, and calls nothing clear that is not.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isClearlyFaster } from '../../packages/compiler/dist/code/is-clearly-faster.js';

/** How many times longer each measurement takes because of other work: 1 is undisturbed. */
type Load = readonly number[];

/** Measurements of something that takes `time`, under a load; after its end the machine is idle. */
function under(load: Load, time: number): () => number {
  let at = 0;
  return () => time * (load[at++] ?? 1);
}

const slowdown = fc.oneof(fc.constant(1), fc.double({ min: 1, max: 1.3, noNaN: true }), fc.constantFrom(2, 50, 1e4));
/** Of every four measurements one is undisturbed. */
const single: fc.Arbitrary<Load> = fc
  .array(fc.tuple(fc.nat({ max: 3 }), fc.array(slowdown, { minLength: 4, maxLength: 4 })), { maxLength: 4 })
  .map((fours) => fours.flatMap(([undisturbed, four]) => four.map((factor, i) => (i === undisturbed ? 1 : factor))));
/** Other work that goes on for so long that both ways suffer alike. */
const common: fc.Arbitrary<Load> = fc.array(fc.double({ min: 1, max: 3, noNaN: true }), { maxLength: 16 });
const loads = fc.oneof(
  fc.tuple(single, single),
  common.map((load) => [load, load] as const),
);

test('what is faster by half is clearly faster, whatever else the machine does', () => {
  const gain = fc.double({ min: 1.5, max: 4, noNaN: true });
  fc.assert(fc.property(gain, loads, (by, [one, other]) => isClearlyFaster(under(one, 1), under(other, by))));
});

test('what is equally fast, or slower, or faster by a tenth, is not', () => {
  const gain = fc.double({ min: 0.25, max: 1.1, noNaN: true });
  fc.assert(fc.property(gain, loads, (by, [one, other]) => !isClearlyFaster(under(one, 1), under(other, by))));
});

test('it takes at most 32 measurements, and at most 8 where the answer is clear at once', () => {
  for (const [gain, most] of [
    [1, 32],
    [2, 8],
  ] as const) {
    let count = 0;
    isClearlyFaster(
      () => ++count && 1,
      () => ++count && gain,
    );
    expect(count).toBeLessThanOrEqual(most);
  }
});
