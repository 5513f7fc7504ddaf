// Shared kernels: work that occurs several times in a plan, over different values, has the bits that it has alone; and the code of a plan
// does not grow with the number of repetitions.

import { team } from '@treadle/runtime';
import {
  compile,
  explain,
  gradients,
  setThreads,
  shutdown,
  type Tensor,
  type TensorData,
  tensor,
  type Variable,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';
import { execute, type Instruction, instructions } from '../support/random-program.ts';
import { type Shape, sizeOf } from '../support/reference.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const runs = process.env.TREADLE_TEST_LONG ? 400 : 40;

/** The last value of a program without variables. */
function result(list: readonly Instruction[], inputs: readonly Tensor[]): Tensor {
  const values = [...inputs];
  execute(list, { values, variables: [], made: () => undefined });
  return values.at(-1)!;
}

const shapes = fc.constantFrom<Shape>([3], [4, 5], [2, 3, 4], [17], [12, 12], [40, 30], [1, 8]);

test('a program that a plan repeats over other values has the bits that it has alone, on any number of threads', () => {
  const cases = fc.record({
    shape: shapes,
    instructions,
    times: fc.integer({ min: 2, max: 6 }),
    isSliced: fc.boolean(),
    threads: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(cases, ({ shape, instructions: list, times, isSliced, threads }) => {
      setThreads(threads);
      const all = tensor(noise(times * sizeOf(shape), times), { shape: [times, ...shape] });
      const part = (x: Tensor, i: number): Tensor => x.slice([i], [i + 1]).reshape([...shape]);
      const parts = Array.from({ length: times }, (_, i) => tensor(part(all, i).data(), { shape }));
      // Slices lie at different offsets of one value; parts are values of their own.
      const together = isSliced
        ? compile((x: Tensor) => Array.from({ length: times }, (_, i) => result(list, [part(x, i)])))(all)
        : compile((xs: readonly Tensor[]) => xs.map((x) => result(list, [x])))(parts);
      const alone = compile((x: Tensor) => result(list, [x]));
      together.forEach((y, i) => {
        const expected: TensorData = alone(parts[i]!).data();
        expect(differenceOfData(y.data(), expected), `repetition ${i}`).toBeUndefined();
      });
    }),
    { numRuns: runs },
  );
}, 120_000);

/** A chain of equal layers with weights of their own, trained by gradient descent. */
function chain(layers: number): () => Tensor {
  const size = 12;
  const weights = Array.from(
    { length: layers },
    (_, i): Variable => variable(tensor(noise(size * size, i), { shape: [size, size] })),
  );
  const x = tensor(noise(4 * size, 99), { shape: [4, size] }).realize();
  return () => {
    const loss = weights
      .reduce<Tensor>((y, w) => y.matmul(w).tanh(), x)
      .square()
      .mean();
    gradients(loss, weights).forEach((gradient, i) => {
      weights[i]?.assignSub(gradient.mul(0.1));
    });
    return loss;
  };
}

test('the code of equal layers does not grow with their number; kernels and table grow linearly', () => {
  const plans = [8, 16, 24, 32].map((layers) => explain(chain(layers))());
  const [first, ...others] = plans.map(({ moduleBytes }) => moduleBytes);
  for (const bytes of others) expect(bytes).toBe(first);
  const kernels = plans.map((plan) => plan.kernels.length);
  const tables = plans.map(({ tableBytes }) => tableBytes);
  for (const sizes of [kernels, tables]) {
    const steps = sizes.slice(1).map((size, i) => size - sizes[i]!);
    for (const step of steps) expect(step).toBe(steps[0]);
  }
});

test('an operand of two products is packed once', () => {
  const [a, b, c] = [
    [1000, 192],
    [1000, 384],
    [1000, 256],
  ].map((shape, i) => tensor(noise(sizeOf(shape), i), { shape }));
  const both = (x: Tensor, y: Tensor, z: Tensor): Tensor[] => {
    const shared = z.tanh();
    return [x.transpose().matmul(shared), y.transpose().matmul(shared)];
  };
  const packs = explain(both)(a!, b!, c!).kernels.filter(({ kind }) => kind === 'pack');
  expect(packs.length).toBe(1);
  const alone = [a!, b!].map((x) => compile((p: Tensor, z: Tensor) => p.transpose().matmul(z.tanh()))(x, c!));
  compile(both)(a!, b!, c!).forEach((y, i) => {
    expect(differenceOfData(y.data(), alone[i]!.data()), `product ${i}`).toBeUndefined();
  });
});
