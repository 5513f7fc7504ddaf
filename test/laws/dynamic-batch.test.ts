// Dynamic batches: a compiled function that is called with fewer rows runs the plan for more rows, and gives the bits of a plan for exactly
// these rows.

import { realize } from '@treadle/compiler';
import { sparseCategoricalCrossentropy } from '@treadle/losses';
import { dense, dropout, type Layer } from '@treadle/nn';
import { adam } from '@treadle/optim';
import { team } from '@treadle/runtime';
import {
  type CompileOptions,
  compile,
  gradients,
  memory,
  setSeed,
  setThreads,
  shutdown,
  Tensor,
  type TensorData,
  tensor,
  type Variable,
  variable,
} from '@treadle/tensor';
import { sequential } from '@treadle/train';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';
import { execute, type Instruction, instructions } from '../support/random-program.ts';
import { type Shape, sizeOf } from '../support/reference.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const capacity = (rows: number): number => rows;

function expectSame(a: readonly TensorData[], b: readonly TensorData[]): void {
  expect(a.length).toBe(b.length);
  a.forEach((values, i) => {
    const different = differenceOfData(values, b[i]!);
    expect(different && `value ${i} of ${a.length}: ${different}`).toBeUndefined();
  });
}

/** Trains on batches of the sizes given. Extents of layers meet the numbers of rows now and then. */
interface Training {
  readonly features: number;
  readonly units: readonly number[];
  readonly activation: 'relu' | 'tanh' | 'softmax';
  readonly rate: number;
  readonly loss: 'labels' | 'distance' | 'total' | 'spread';
  readonly sizes: readonly number[];
}

const extent = fc.constantFrom(1, 2, 3, 8, 12, 16, 29, 32);
const trainings = (rows: fc.Arbitrary<number>): fc.Arbitrary<Training> =>
  fc.record({
    features: extent,
    units: fc.array(extent, { minLength: 1, maxLength: 3 }),
    activation: fc.constantFrom<Training['activation'][]>('relu', 'tanh', 'softmax'),
    rate: fc.constantFrom(0, 0.3),
    loss: fc.constantFrom('labels', 'distance', 'total', 'spread'),
    sizes: fc.array(rows, { minLength: 2, maxLength: 4 }).map((sizes) => sizes.sort((a, b) => b - a)),
  });

const crossentropy = sparseCategoricalCrossentropy({ fromLogits: true });
const allRows = 1003;
const data = noise(allRows * 32, 1);

/** Losses, predictions and variables after every batch, of a step that `step` may compile anew. */
function trained(training: Training, stepFor: (compiled: (options: CompileOptions) => Step) => Step): TensorData[] {
  const { features, units, activation, rate, loss, sizes } = training;
  setSeed(5);
  const layers = units.flatMap((n): Layer[] => [dense(n, { activation }), dropout(rate)]);
  const model = sequential(layers);
  model.build([features]);
  const variables = model.trainableVariables;
  const optimizer = adam(0.05);
  const step = (x: Tensor, rows: Tensor) => {
    const y = model.call(x.gather(rows), { training: true });
    const labels = rows.mod(units.at(-1)!);
    const losses = {
      labels: () => crossentropy(labels, y),
      distance: () => y.sub(labels.cast('float32').expandDims(1)).square().mean(),
      total: () => y.square().sum(0).sqrt().sum(),
      spread: () => y.variance().add(y.max(0).sum()),
    };
    const value = losses[loss]();
    optimizer.apply(gradients(value, variables), variables);
    return [value, y];
  };
  const x = tensor(data.subarray(0, allRows * features), { shape: [allRows, features] });
  const run = stepFor((options) => compile(step, options));
  return sizes.flatMap((size, i) => {
    const rows = tensor(Int32Array.from({ length: size }, (_, r) => (r * 7 + i) % allRows));
    const results = run(x, rows);
    return [...results, ...variables].map((t) => t.data());
  });
}

type Step = (x: Tensor, rows: Tensor) => Tensor[];

function checkTraining(training: Training): void {
  const before = memory().plans;
  let first = 0;
  const shared = trained(training, (compiled) => {
    const step = compiled({ capacity });
    return (x, rows) => {
      const results = step(x, rows);
      first ||= memory().plans;
      return results;
    };
  });
  expect(memory().plans, `plans, ${before} before`).toBe(first);
  const alone = trained(training, (compiled) => (x, rows) => compiled({})(x, rows));
  expectSame(shared, alone);
}

test('a training step on fewer rows runs the plan of the largest batch, and changes the weights by the same bits', () => {
  setThreads(1);
  fc.assert(fc.property(trainings(fc.integer({ min: 2, max: 33 })), checkTraining), { numRuns: isLong ? 1000 : 30 });
}, 600_000);

test('so does one whose sums have several chunks, on several threads', () => {
  setThreads(3);
  const rows = fc.constantFrom(2, 100, 300, 520, 700, 1000);
  fc.assert(fc.property(trainings(rows), checkTraining), { numRuns: isLong ? 200 : 8 });
}, 600_000);

interface Program {
  readonly samples: readonly Shape[];
  readonly variables: readonly Shape[];
  readonly instructions: readonly Instruction[];
  readonly outputs: readonly number[];
  readonly sizes: readonly number[];
  /** the dynamic axis of the inputs */
  readonly axis: 0 | 1;
}

const smallExtent = fc.constantFrom(1, 2, 3, 4, 8);
const shape: fc.Arbitrary<Shape> = fc.array(smallExtent, { maxLength: 2 });
const programs: fc.Arbitrary<Program> = fc.record({
  samples: fc.array(shape, { minLength: 1, maxLength: 2 }),
  variables: fc.array(shape, { maxLength: 3 }),
  instructions,
  outputs: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 4 }),
  sizes: fc.array(fc.constantFrom(1, 2, 3, 4, 5, 8, 17), { minLength: 2, maxLength: 5 }),
  axis: fc.constantFrom(0, 1),
});

/** Results for inputs of each size in turn, and the variables after each; how many calls needed no plan of their own. */
function results(
  program: Program,
  isCompiled: boolean,
  options: CompileOptions = {},
): { data: TensorData[]; sharing: number } {
  const variables: Variable[] = program.variables.map((shape, i) =>
    variable(tensor(noise(sizeOf(shape), 50 + i), { shape })),
  );
  const run = (inputs: Tensor[]): Tensor[] => {
    const values = [...inputs, ...variables.map(({ node }) => new Tensor(node))];
    execute(program.instructions, { values, variables, made: () => undefined });
    return program.outputs.map((back) => values[values.length - 1 - (back % values.length)]!);
  };
  const step = isCompiled ? compile(run, options) : run;
  let sharing = 0;
  const data = program.sizes.flatMap((rows, call) => {
    const inputs = program.samples.map((sample, i) => {
      const shape = program.axis === 0 ? [rows, ...sample] : [2, rows, ...sample];
      return tensor(noise(sizeOf(shape), 10 * call + i), { shape });
    });
    const before = memory().plans;
    const outputs = step(inputs);
    if (memory().plans === before) sharing++;
    if (!isCompiled) realize(outputs.map(({ node }) => node));
    return [...outputs, ...variables].map((t) => t.data());
  });
  return { data, sharing };
}

test.each([
  ['from the first call on', { capacity }],
  ['for more rows than are needed', { capacity: (rows: number) => 2 * rows + 1 }],
  ['from the second number of rows on', {}],
])(
  'whatever a function does, it gives the bits of the uncompiled one with any number of rows: %s',
  (_, options) => {
    setThreads(1);
    let [calls, sharing] = [0, 0];
    fc.assert(
      fc.property(programs, (program) => {
        const compiled = results(program, true, options);
        calls += program.sizes.length;
        sharing += compiled.sharing;
        expectSame(compiled.data, results(program, false).data);
      }),
      { numRuns: isLong ? 3000 : 100 },
    );
    // Most calls change the number of rows; without shared plans the law would be empty.
    expect(sharing / calls).toBeGreaterThan(0.2);
  },
  600_000,
);
