// The largest and the smallest element over an axis are those of Math.max and Math.min, whichever bits there are.

import { setThreads, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const special = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 1, 0x80000001];
const bits = fc.oneof({ weight: 3, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constantFrom(...special) });

test('max and min over rows and columns: NaN wins, then infinities; 0 is more than −0', () => {
  setThreads(1);
  const cases = fc.record({
    rows: fc.integer({ min: 1, max: 12 }),
    columns: fc.integer({ min: 1, max: 12 }),
    pool: fc.array(bits, { minLength: 144, maxLength: 144 }),
    withNaN: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ rows, columns, pool, withNaN }) => {
      const drawn = new Float32Array(Uint32Array.from(pool).buffer, 0, rows * columns);
      const elements = withNaN ? drawn : drawn.map((x) => (Number.isNaN(x) ? -0 : x));
      const x = tensor(elements, { shape: [rows, columns] });
      const row = (i: number): number[] => [...elements.subarray(i * columns, (i + 1) * columns)];
      const column = (j: number): number[] => Array.from({ length: rows }, (_, i) => elements[i * columns + j]!);
      for (const [name, f] of [
        ['max', Math.max],
        ['min', Math.min],
      ] as const) {
        x[name](1)
          .data()
          .forEach((y, i) => {
            expect(y).toBe(f(...row(i)));
          });
        x[name](0)
          .data()
          .forEach((y, j) => {
            expect(y).toBe(f(...column(j)));
          });
        expect(x[name]().item()).toBe(f(...elements));
      }
    }),
    { numRuns: 60 },
  );
});
