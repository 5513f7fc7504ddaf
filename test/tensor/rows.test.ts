// Rows of data of which a compiled function gathers some: any number of them runs the same plan, and numbers beyond them are
// taken to the last that is there.

import { compile, gatherRows, memory, openRows, shutdown, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

afterAll(shutdown);

/** x [n, 2, 3] and y [n], whose elements say where they stand. */
function numbered(n: number): readonly [Tensor, Tensor] {
  const x = tensor(
    Float32Array.from({ length: 6 * n }, (_, i) => i),
    { shape: [n, 2, 3] },
  );
  return [x, tensor(Int32Array.from({ length: n }, (_, i) => 100 + i))];
}

const gathered = compile((tensors: readonly Tensor[], count: Tensor, numbers: Tensor) =>
  gatherRows({ tensors, count }, numbers),
);

test('gathered rows are those of gather, numbers out of range are clamped, and plans do not depend on n', () => {
  const run = (n: number, numbers: readonly number[]): readonly Tensor[] => {
    const { tensors, count } = openRows(numbered(n));
    return gathered(tensors, count, tensor(Int32Array.from(numbers)));
  };
  const length = 5;
  run(3, [0, 1, 2, 0, 1]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.integer({ min: -3, max: 300 }), { minLength: length, maxLength: length }),
      (n, numbers) => {
        const valid = numbers.map((i) => Math.min(Math.max(i, 0), n - 1));
        const { plans } = memory();
        const [x, y] = run(n, numbers);
        expect(memory().plans).toBe(plans);
        expect([x?.shape, y?.shape]).toEqual([[length, 2, 3], [length]]);
        expect([...(x?.data() ?? [])]).toEqual(valid.flatMap((row) => [0, 1, 2, 3, 4, 5].map((i) => 6 * row + i)));
        expect([...(y?.data() ?? [])]).toEqual(valid.map((row) => 100 + row));
      },
    ),
  );
});
