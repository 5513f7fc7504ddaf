// The law of embedding: picking rows is linear in the weights, and its gradient is the adjoint of that.

import { embedding } from '@treadle/nn';
import { gradients, randomNormal, shutdown, tensor } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

afterAll(shutdown);

test('embedding and its gradient are adjoint: ⟨W[i], y⟩ = ⟨W, dW⟩ where dW is the gradient of the first, whatever indices come twice', () => {
  const cases = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, columns]) =>
      fc.tuple(
        fc.constant([rows, columns] as const),
        fc.array(fc.nat(rows - 1), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 1000 }),
      ),
    );
  fc.assert(
    fc.property(cases, ([[rows, columns], indices, seed]) => {
      const net = sequential([embedding(rows, columns)]);
      const labels = tensor([indices], { dtype: 'int32' });
      net.build([indices.length]);
      const [w] = net.trainableVariables;
      const y = randomNormal([1, indices.length, columns], { seed }).realize();
      const product = net.call(labels).mul(y);
      const [dw] = gradients(product.sum(), [w!]);
      const [left, right] = [product, w!.mul(dw!)].map((x) => [...x.data()]);
      const total = (x: readonly number[]): number => x.reduce((sum, v) => sum + v, 0);
      // every element of dW adds up to as many figures as there are indices, and every product is rounded
      const size = total([...net.call(labels).mul(y).data()].map(Math.abs));
      expect(Math.abs(total(left!) - total(right!))).toBeLessThanOrEqual((indices.length + 2) * 2 ** -23 * size);
    }),
    { numRuns: 20 },
  );
});

test.each([true, false])(
  'with sparseGradient, training moves the vectors that were looked up and no others; it is %s',
  async (sparse) => {
    const model = sequential([embedding(60, 2, { sparseGradient: sparse })]);
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const train = async (numbers: readonly number[]): Promise<boolean[]> => {
      const x = tensor([...numbers], { dtype: 'int32' });
      model.build([]);
      const before = model.trainableVariables[0]!.data();
      await model.fit(x, randomNormal([numbers.length, 2], { seed: 1 }), { batchSize: 4, epochs: 2, verbose: 0 });
      const after = model.trainableVariables[0]!.data();
      return Array.from({ length: 60 }, (_, row) => [0, 1].some((i) => before[2 * row + i] !== after[2 * row + i]));
    };
    const movedBy = async (numbers: readonly number[]): Promise<number[]> =>
      (await train(numbers)).flatMap((isMoved, row) => (isMoved ? [row] : []));
    expect(await movedBy([7, 3, 3, 59, 7, 8])).toEqual([3, 7, 8, 59]);
    // momentum goes on moving what was looked up before
    expect(await movedBy([3, 0, 1])).toEqual(sparse ? [0, 1, 3] : [0, 1, 3, 7, 8, 59]);
  },
);
