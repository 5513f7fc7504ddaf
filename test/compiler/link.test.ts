// Code that plans share: kernels with equal keys have the same code, which is compiled once in a process.

import { captureCall, chooseLevel } from '@treadle/compiler';
import type { Kernel } from '@treadle/kernels';
import { shutdown, Tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { distinctKernels, encodeKernels, link } from '../../packages/compiler/dist/code/link.js';
import { optimize } from '../../packages/compiler/dist/optimize/optimize.js';
import { draft } from '../../packages/compiler/dist/schedule/draft.js';
import { capture } from '../../packages/compiler/dist/trace/capture.js';
import { areSameBytes } from '../support/bits.ts';
import { execute, type Instruction, instructions } from '../support/random-program.ts';
import type { Shape } from '../support/reference.ts';

afterAll(shutdown);

/** The kernels of a plan that applies a program to so many arguments, one after the other. */
function codeOf(list: readonly Instruction[], shape: Shape, times: number): ReadonlyMap<string, Kernel> {
  const types = Array.from({ length: times }, () => ({ shape, dtype: 'float32' }) as const);
  const order = captureCall(types, (nodes) =>
    nodes.map((node) => {
      const values = [new Tensor(node)];
      execute(list, { values, variables: [], made: () => undefined });
      return values.at(-1)!.node;
    }),
  );
  return draft(optimize(capture(order)), chooseLevel().level).code;
}

const shapes = fc.constantFrom<Shape>([3], [4, 5], [2, 3, 4], [17], [12, 12], [40, 30]);
const bytesOf = (kernel: Kernel): Uint8Array => encodeKernels([kernel]).bytes;

test('kernels of different plans with the same key have the same code', () => {
  let shared = 0;
  fc.assert(
    fc.property(fc.tuple(instructions, instructions), fc.tuple(shapes, shapes), (lists, [a, b]) => {
      const first = codeOf(lists[0], a, 1);
      for (const other of [codeOf(lists[0], a, 3), codeOf(lists[1], a, 2), codeOf(lists[0], b, 1)]) {
        for (const [key, kernel] of other) {
          const known = first.get(key);
          if (!known) continue;
          shared++;
          expect(areSameBytes(bytesOf(kernel), bytesOf(known))).toBe(true);
        }
      }
    }),
    { numRuns: process.env.TREADLE_TEST_LONG ? 500 : 50 },
  );
  expect(shared).toBeGreaterThan(0);
}, 120_000);

test('the cost of shared code is that of all its steps', () => {
  const step = [...codeOf([], [7, 3], 1).values()][0]!;
  const costs = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(costs, (list) => {
      const [kernel, ...others] = distinctKernels(list.map((cost) => ({ ...step, cost }))).values();
      expect(others).toEqual([]);
      expect(kernel?.cost).toBe(list.reduce((a, b) => a + b));
    }),
  );
});

test('kernels that were linked before are not compiled again', () => {
  const code = codeOf([], [7, 3], 1); // a copy
  expect(code.size).toBe(1);
  const kernels = [1, 2].map(() => distinctKernels([...code.values()]));
  const [once, again] = kernels.map((list) => link(list, false).functions);
  expect(again).toHaveLength(1);
  again?.forEach((linked, i) => {
    expect(linked).toBe(once?.[i]);
  });
});
