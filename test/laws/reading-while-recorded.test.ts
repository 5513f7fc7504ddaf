// A function that reads values gives, compiled, what it gives uncompiled in every call, or is refused. What a recording bakes in
// must be the same in every call.

import { compile, setThreads, Tensor, tensor, type Variable, variable } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';
import { execute, instructions } from '../support/random-program.ts';
import { type Shape, sizeOf } from '../support/reference.ts';

const isLong = process.env.TREADLE_TEST_LONG !== undefined;

const shape: fc.Arbitrary<Shape> = fc.constantFrom<Shape>([], [3], [2, 3], [3, 3], [4]);
const fill = (extents: Shape, seed: number): Tensor => tensor(noise(sizeOf(extents), seed), { shape: extents });

/** Ways to read; each gives a number. */
const reads: Readonly<Record<string, (x: Tensor) => number>> = {
  data: (x) => Number(x.data()[0] ?? 0),
  item: (x) => x.flatten().cast('float32').sum().item(),
  toArray: (x) => JSON.stringify(x.toArray()).length,
  text: (x) => `${x}`.length,
  realize: (x) => x.realize().size,
};

const program = fc.record({
  inputs: fc.array(shape, { minLength: 1, maxLength: 2 }),
  constants: fc.array(shape, { minLength: 1, maxLength: 2 }),
  variables: fc.array(shape, { minLength: 1, maxLength: 3 }),
  instructions,
  /** whether constants come last, so that the program works on them rather than on the inputs */
  isConstant: fc.boolean(),
  readAt: fc.nat(8),
  read: fc.constantFrom(...Object.keys(reads)),
});

type Outcome = readonly (readonly ArrayLike<number>[])[] | 'refused';

/** Three calls with other inputs; the variables are changed between them. */
function outcome(p: typeof program extends fc.Arbitrary<infer P> ? P : never, isCompiled: boolean): Outcome {
  const variables: Variable[] = p.variables.map((extents, i) => variable(fill(extents, 50 + i)));
  const constants = p.constants.map((extents, i) => fill(extents, 90 + i));
  const f = (inputs: Tensor[]): Tensor[] => {
    const own = variables.map(({ node }) => new Tensor(node));
    const values = p.isConstant ? [...inputs, ...own, ...constants] : [...constants, ...inputs, ...own];
    execute(p.instructions.slice(0, p.readAt), { values, variables, made: () => undefined });
    values.push(tensor(reads[p.read]!(values.at(-1)!) % 8));
    execute(p.instructions.slice(p.readAt), { values, variables, made: () => undefined });
    return values.slice(-3);
  };
  const run = isCompiled ? compile(f) : f;
  const calls: (readonly ArrayLike<number>[])[] = [];
  for (const seed of [1, 2, 3]) {
    let results: Tensor[];
    try {
      results = run(p.inputs.map((extents, i) => fill(extents, 10 * seed + i)));
    } catch (error) {
      expect(String(error)).toMatch(/^Error: compile: a value is not known while the function is recorded; got /);
      return 'refused';
    }
    calls.push([...results, ...variables].map((t) => t.data()));
    for (const v of variables) v.assignAdd(seed);
  }
  return calls;
}

test('a program that reads a value gives the same in every call, compiled or not, or is refused', () => {
  setThreads(1);
  let refused = 0;
  let accepted = 0;
  fc.assert(
    fc.property(program, (p) => {
      const compiled = outcome(p, true);
      if (compiled === 'refused') {
        refused++;
        return;
      }
      accepted++;
      const plain = outcome(p, false);
      expect(compiled.length).toBe(plain.length);
      compiled.forEach((values, call) => {
        values.forEach((data, i) => {
          const expected = plain[call]?.[i];
          if (typeof expected !== 'object') throw new Error('no such result');
          const different = differenceOfData(Float32Array.from(data), Float32Array.from(expected));
          expect(different && `call ${call}, result ${i}: ${different}`).toBeUndefined();
        });
      });
    }),
    { numRuns: isLong ? 3000 : 150 },
  );
  expect(Math.min(refused, accepted)).toBeGreaterThan(0);
}, 600_000);
