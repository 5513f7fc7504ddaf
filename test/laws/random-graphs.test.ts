// The law of one path: a program means the same whether every op is computed at once, or all of it when it ends, or compiled
// and run. So fusion, epilogues, assignments in place and the sharing of memory change nothing, to the bit.

import { realize } from '@treadle/compiler';
import { team } from '@treadle/runtime';
import {
  compile,
  setThreads,
  shutdown,
  Tensor,
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

const isLong = process.env.TREADLE_TEST_LONG !== undefined;

interface Program {
  readonly inputs: readonly Shape[];
  readonly variables: readonly Shape[];
  readonly instructions: readonly Instruction[];
  /** which of the values made are asked for, counted from the last */
  readonly outputs: readonly number[];
}

const extent = fc.constantFrom(0, 1, 1, 2, 3, 3, 4, 5, 8, 17);
const smallShape: fc.Arbitrary<Shape> = fc.array(extent, { maxLength: 3 }).filter((shape) => sizeOf(shape) <= 400);
const squareShape: fc.Arbitrary<Shape> = fc.constantFrom(1, 3, 5, 12).map((n) => [n, n]);
const largeShape: fc.Arbitrary<Shape> = fc.constantFrom<Shape>(
  [130, 70],
  [70, 130],
  [64, 48],
  [9000],
  [70],
  [1, 130],
  [12, 30, 40],
  [40],
);

const programs = (shape: fc.Arbitrary<Shape>): fc.Arbitrary<Program> =>
  fc.record({
    inputs: fc.array(shape, { minLength: 1, maxLength: 3 }),
    variables: fc
      .array(fc.oneof(shape, squareShape), { maxLength: 4 })
      .chain((shapes) => fc.boolean().map((twice) => (twice ? [...shapes, ...shapes] : shapes))),
    instructions,
    outputs: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 4 }),
  });

const inputsOf = (shapes: readonly Shape[], seed: number): Tensor[] =>
  shapes.map((shape, i) => tensor(noise(sizeOf(shape), seed + i), { shape }));
const variablesOf = (shapes: readonly Shape[]): Variable[] =>
  shapes.map((shape, i) => variable(tensor(noise(sizeOf(shape), 50 + i), { shape })));

type Mode = 'one by one' | 'in one go' | 'compiled';

/** Two runs of the program, one after the other on the same variables: the outputs of both, and the variables after each. */
function results(program: Program, mode: Mode): TensorData[] {
  const variables = variablesOf(program.variables);
  const run = (inputs: Tensor[]): Tensor[] => {
    const values = [...inputs, ...variables.map(({ node }) => new Tensor(node))];
    const made = mode === 'one by one' ? (value: Tensor) => void value.realize() : () => undefined;
    execute(program.instructions, { values, variables, made });
    return program.outputs.map((back) => values[values.length - 1 - (back % values.length)]!);
  };
  const step = mode === 'compiled' ? compile(run) : run;
  return [1, 2].flatMap((seed) => {
    const outputs = step(inputsOf(program.inputs, seed));
    if (mode === 'in one go') realize(outputs.map(({ node }) => node));
    return [...outputs, ...variables].map((t) => t.data());
  });
}

function check(program: Program): void {
  const [one, ...others] = (['one by one', 'in one go', 'compiled'] as const).map((mode) => ({
    mode,
    data: results(program, mode),
  }));
  for (const { mode, data } of others) {
    data.forEach((values, i) => {
      const different = differenceOfData(values, one!.data[i]!);
      expect(different && `${mode}, result ${i} of ${data.length}: ${different} (one by one)`).toBeUndefined();
    });
  }
}

test('a program gives the same bits op by op, in one go and compiled', () => {
  setThreads(1);
  fc.assert(fc.property(programs(smallShape), check), { numRuns: isLong ? 5000 : 120 });
}, 600_000);

test('so does one on larger tensors, which several threads share', () => {
  setThreads(2);
  fc.assert(fc.property(programs(largeShape), check), { numRuns: isLong ? 1500 : 30 });
}, 600_000);

test('so it does on 1, 2, 3 and 7 threads', () => {
  const seed = (Math.random() * 2 ** 31) | 0;
  const drawn = fc.sample(programs(largeShape), { seed, numRuns: isLong ? 200 : 8 });
  const modes: readonly Mode[] = isLong ? ['one by one', 'in one go', 'compiled'] : ['in one go', 'compiled'];
  const first = drawn.map(() => new Map<Mode, TensorData[]>());
  // A team is dear to start: all programs on as many threads, then on more.
  for (const threads of [1, 2, 3, 7]) {
    setThreads(threads);
    drawn.forEach((program, p) => {
      for (const mode of modes) {
        const data = results(program, mode);
        const before = first[p]!.get(mode);
        if (!before) first[p]!.set(mode, data);
        data.forEach((values, i) => {
          const different = before && differenceOfData(values, before[i]!);
          expect(
            different && `${mode}, result ${i}: ${different}, on ${threads} threads; seed ${seed}, program ${p}`,
          ).toBeUndefined();
        });
      }
    });
  }
}, 600_000);

test('a variable that a program reads before and after it assigns it has both values, whatever lies between', () => {
  setThreads(1);
  const reading = fc.record({ program: programs(smallShape), at: fc.nat(20), value: fc.integer({ min: -9, max: 9 }) });
  fc.assert(
    fc.property(reading, ({ program, at, value }) => {
      for (const isCompiled of [false, true]) {
        const [v, variables] = [variable([1, 2, 3]), variablesOf(program.variables)];
        const values: Tensor[] = inputsOf(program.inputs, 1);
        const machine = { values, variables, made: () => undefined };
        const run = (): Tensor[] => {
          execute(program.instructions.slice(0, at), machine);
          const before = v.mul(10);
          v.assign(v.add(value));
          execute(program.instructions.slice(at), machine);
          return [before, v.mul(10)];
        };
        const found = (isCompiled ? compile(run) : run)().map((t) => t.toArray());
        const old = [1, 2, 3];
        expect([...found, v.toArray()]).toEqual([
          old.map((x) => 10 * x),
          old.map((x) => 10 * (x + value)),
          old.map((x) => x + value),
        ]);
      }
    }),
    { numRuns: isLong ? 1000 : 40 },
  );
}, 600_000);
