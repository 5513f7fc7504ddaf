// An error from within a layer stays the error that it is, and says which layer of the model it was and what that was given.

import { conv1d, dense, input, type Layer, Sequential } from '@treadle/nn';
import { DtypeError, ones, ShapeError } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

class OwnError extends Error {}

/** A layer that throws what it is given, while it is built or called. */
function failing(error: Error, during: 'build' | 'call', name?: string): Layer {
  const fail = (): never => {
    throw error;
  };
  return {
    kind: 'broken',
    name,
    variables: [],
    build: (shape) => (during === 'build' ? fail() : shape),
    call: (x) => (during === 'call' ? fail() : x),
  };
}

describe('an error from within a layer', () => {
  const classes = [ShapeError, DtypeError, RangeError, TypeError, OwnError, Error] as const;
  const cases = fc.record({
    make: fc.constantFrom(...classes),
    during: fc.constantFrom('build', 'call'),
    before: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
    depth: fc.integer({ min: 0, max: 2 }),
    name: fc.option(fc.constant('mine'), { nil: undefined }),
  });

  test('is the same error, with its path through the layers around it and the shapes that it was given', () => {
    fc.assert(
      fc.property(cases, ({ make, during, before, depth, name }) => {
        const error = new make('op: a rule; got it');
        let broken: Layer = failing(error, during, name);
        for (let i = 0; i < depth; i++) broken = new Sequential([broken], { name: `around${i}` });
        const model = new Sequential([...before.map((units) => dense(units)), broken]);
        let caught: unknown;
        try {
          model.call(ones([7, 3]));
        } catch (thrown) {
          caught = thrown;
        }
        expect(caught).toBe(error);
        const width = before.at(-1) ?? 3;
        const shape = during === 'build' ? `[batch, ${width}]` : `[7, ${width}]`;
        const around = Array.from({ length: depth }, (_, i) => `around${i}`).reverse();
        const path = [...around, name ?? 'broken'].join('/');
        expect(error.message).toBe(`op: a rule; got it; in layer ${path}, given ${shape}`);
        expect(error.stack).toContain(error.message);
      }),
      { numRuns: 60 },
    );
  });

  test('comes out of fit, predict and of layers that are connected', async () => {
    const model = sequential([dense(4), conv1d(2, 9, { name: 'windows' })]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const expected =
      "conv1d: a window must fit into the input; got 5 positions for a window of 9; padding: 'same' makes room; " +
      'in layer windows, given [batch, 5, 4]';
    await expect(model.fit(ones([3, 5, 2]), ones([3, 1]), { verbose: 0 })).rejects.toThrow(expected);
    await expect(model.predict(ones([3, 5, 2]))).rejects.toThrow(expected);
    expect(() => conv1d(2, 9)(dense(4)(input([5, 2])))).toThrow('; in layer conv1d, given [batch, 5, 4]');
  });
});
