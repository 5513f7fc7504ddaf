// What a model is given are values: how they were computed, by a variable, a layer or a compiled function, changes no bit.

import { dense } from '@treadle/nn';
import { compile, type Tensor, tensor, variable } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, linear, regression } from './models.ts';

const rows = 20;
const identity = dense(1, { kernelInitializer: 'ones', useBias: false });
const copy = compile((t: Tensor) => t.mul(1));

/** Ways to the same values. */
const ways: Readonly<Record<string, (t: Tensor) => Tensor>> = {
  'as they are': (t) => t,
  'by an op': (t) => t.mul(1),
  'by an op, read before': (t) => t.mul(1).realize(),
  'by a variable': (t) => t.mul(variable(1)),
  'by a variable, read before': (t) => t.mul(variable(1)).realize(),
  'as a variable': (t) => variable(t),
  'by a layer': (t) => {
    identity.build([1]);
    return identity.call(t.reshape([-1, 1]), { training: false }).reshape(t.shape);
  },
  'by a compiled function': (t) => copy(t),
  detached: (t) => t.mul(variable(1)).detach(),
};
const way = fc.constantFrom(...Object.keys(ways));

describe('rows that were computed', () => {
  test('are learned from, evaluated and answered as the same rows written down', async () => {
    const { x, y } = linear(rows);
    const weight = tensor(Float32Array.from({ length: rows }, (_, i) => i / rows));
    const run = async (make: (which: 'x' | 'y' | 'weight', t: Tensor) => Tensor): Promise<readonly unknown[]> => {
      const model = regression();
      const [a, b, w] = [make('x', x), make('y', y), make('weight', weight)];
      const options = { batchSize: 8, sampleWeight: w };
      const validationData = [make('x', x), make('y', y)] as const;
      const { history } = await model.fit(a, b, { ...options, validationData, seed: 1, epochs: 2, verbose: 0 });
      const answers = await model.predict(a, { batchSize: 8 });
      return [bitsOf(model), history, await model.evaluate(a, b, options), answers.data()];
    };
    const plain = await run((_, t) => t);
    await fc.assert(
      fc.asyncProperty(fc.record({ x: way, y: way, weight: way }), async (by) => {
        const found = await run((which, t) => ways[by[which]]?.(t) ?? t);
        expect(found).toEqual(plain);
      }),
      { numRuns: 20, examples: Object.keys(ways).map((each) => [{ x: each, y: each, weight: each }]) },
    );
  });
});
