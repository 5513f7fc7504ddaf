// Random programs run by the engine and by the interpreter.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeProgram } from './programs.ts';
import { engineMemory, fillMemories, instantiate, referenceMemory, runEngine, runReference } from './run.ts';

const runs = process.env.TREADLE_TEST_LONG ? 5_000 : 300;

test('every well-typed program validates and leaves the memory that the interpreter leaves', () => {
  const numbers = fc.array(fc.nat({ max: 0xffff }), { minLength: 20, maxLength: 600, size: 'max' });
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 256 });
  let done = 0;
  fc.assert(
    fc.property(numbers, bytes, (choices, initial) => {
      const { module, program, main } = writeProgram(choices);
      expect(WebAssembly.validate(module.encode())).toBe(true);
      fillMemories(initial);
      const outcome = runEngine(instantiate(module).main ?? expect.fail('no main'));
      expect(outcome).toBe(runReference(program, main));
      const first = engineMemory.findIndex((byte, i) => byte !== referenceMemory[i]);
      expect(first, `first differing byte`).toBe(-1);
      if (outcome === 'done') done++;
    }),
    { numRuns: runs },
  );
  expect(done).toBeGreaterThan(runs / 2); // most programs come to their end
});
