// Random compositions of smooth ops against float64: values within the bound that follows from the graph, and products of the
// Hessian with a vector within that of finite differences.

import { realize, type StoredValue } from '@treadle/compiler';
import { gradients, ops } from '@treadle/graph';
import { shutdown, Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { noise } from '../support/bits.ts';
import { derivative } from '../support/differences.ts';
import { execute, type Instruction } from '../support/random-program.ts';
import { type Shape, sizeOf } from '../support/reference.ts';
import { computeBounded } from '../support/running-error.ts';

afterAll(shutdown);

const isLong = process.env.TREADLE_TEST_LONG !== undefined;

/** Ops that can be differentiated twice wherever they are computed. */
const smooth = [
  ...['add', 'sub', 'mul', 'scale', 'tanh', 'sigmoid', 'square', 'sin', 'sum', 'sumKept', 'mean', 'softmax', 'matmul'],
  ...['transpose', 'rotate', 'reshape', 'slice', 'flip', 'expand', 'broadcast', 'tile', 'stack', 'concat', 'pad'],
];

const instructions = (length: number): fc.Arbitrary<Instruction[]> =>
  fc.array(
    fc.record({
      op: fc.constantFrom(...smooth),
      first: fc.oneof(fc.constant(0), fc.nat({ max: 3 })),
      second: fc.nat({ max: 5 }),
      numbers: fc.array(fc.nat({ max: 1023 }), { minLength: 3, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: length },
  );

const shapes = fc.constantFrom<Shape>([], [3], [2, 3], [3, 3], [1, 4], [2, 1, 3]);
const compositions = (length: number) =>
  fc.record({
    shapes: fc.array(shapes, { minLength: 1, maxLength: 3 }),
    instructions: instructions(length),
    seed: fc.nat(999),
  });

const inputsOf = (shapes: readonly Shape[], seed: number): Tensor[] =>
  shapes.map((shape, i) => tensor(noise(sizeOf(shape), seed + i), { shape }));

test('a composition is within the bound of its graph in float64', () => {
  fc.assert(
    fc.property(compositions(14), ({ shapes, instructions, seed }) => {
      const values = inputsOf(shapes, seed);
      execute(instructions, { values, variables: [], made: () => undefined });
      const nodes = values.slice(-4).map(({ node }) => node);
      const bounded = computeBounded(nodes);
      realize(nodes);
      nodes.forEach((node, k) => {
        const got = new Tensor(node).data();
        const { values: truth, errors } = bounded[k]!;
        truth.forEach((value, i) => {
          if (!Number.isFinite(errors[i]! + value)) return; // beyond what float32 holds
          expect(Math.abs(got[i]! - value), `value ${k} at ${i}`).toBeLessThanOrEqual(errors[i]!);
        });
      });
    }),
    { numRuns: isLong ? 4000 : 150 },
  );
}, 600_000);

test('a Hessian times a vector is what differences of float64 give', () => {
  fc.assert(
    fc.property(compositions(7), ({ shapes, instructions, seed }) => {
      const inputs = inputsOf(shapes, seed).map((t) => t.mul(0.5).realize());
      const [v, w] = [1, 2].map((k) => inputsOf(shapes, seed + 100 * k));
      const values = [...inputs];
      execute(instructions, { values, variables: [], made: () => undefined });
      fc.pre(values.at(-1)!.size > 0);
      const y = ops.mean(ops.tanh(values.at(-1)!.node));
      const xs = inputs.map(({ node }) => node);
      const along = (found: readonly ReturnType<typeof ops.sum>[], direction: readonly Tensor[]) =>
        found.map((dx, i) => ops.sum(ops.mul(dx, direction[i]!.node))).reduce((a, b) => ops.add(a, b));
      const product = along(gradients(along(gradients(y, xs), v!), xs), w!);

      // wᵀ·H·v = ∂²f(x + s·v + t·w)/∂s∂t
      const stored = (t: Tensor) => Array.from(t.data());
      const [at, dv, dw] = [inputs.map(stored), v!.map(stored), w!.map(stored)];
      const f = (s: number, t: number): number => {
        const given = xs.map((x, i) => [x, at[i]!.map((value, j) => value + s * dv[i]![j]! + t * dw[i]![j]!)] as const);
        return computeBounded([y], new Map(given))[0]!.values[0]!;
      };
      const expected = derivative((t) =>
        derivative((s) => {
          const value = f(s, t);
          return { value, error: 2 ** -46 * Math.abs(value) };
        }),
      );
      const [bounded] = computeBounded([product]);
      realize([product]);
      const source = product.source;
      const got = source?.kind === 'stored' ? (source.storage as StoredValue).read()[0]! : Number.NaN;
      expect(Math.abs(got - expected.value)).toBeLessThanOrEqual(bounded!.errors[0]! + 2 * expected.error);
    }),
    { numRuns: isLong ? 1000 : 60 },
  );
}, 600_000);
