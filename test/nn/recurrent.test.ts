// What recurrent layers do around their cells: masks, order, given states and what is returned follow a plain loop, whatever comes
// together; and what dropout leaves out is the same at every step.

import { type RnnCell, rnn, simpleRnn } from '@treadle/nn';
import { ones, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apply, callAll } from './apply.ts';

/** Whole numbers alone, so that float32 is exact: the sum so far, how many steps there were, and an output that is neither. */
const counting: RnnCell = {
  stateSize: [1, 1],
  outputSize: 2,
  call: (x, [sum = x, count = x]) => {
    const [next, more] = [sum.add(x), count.add(1)];
    return [next.mul(tensor([[2, 3]])).add(more), [next, more]];
  },
};

interface Case {
  /** [batch][steps] */
  readonly x: readonly (readonly number[])[];
  readonly mask: readonly (readonly boolean[])[] | undefined;
  readonly initial: readonly (readonly [number, number])[] | undefined;
  readonly goBackwards: boolean;
  readonly returnSequences: boolean;
  readonly zeroOutputForMask: boolean;
}

const cases: fc.Arbitrary<Case> = fc
  .record({ batch: fc.integer({ min: 1, max: 3 }), steps: fc.integer({ min: 1, max: 5 }) })
  .chain(({ batch, steps }) => {
    const rows = <T>(row: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(row, { minLength: batch, maxLength: batch });
    const along = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: steps, maxLength: steps });
    const small = fc.integer({ min: -9, max: 9 });
    return fc.record({
      x: rows(along(small)),
      mask: fc.option(rows(along(fc.boolean())), { nil: undefined }),
      initial: fc.option(rows(fc.tuple(small, small)), { nil: undefined }),
      goBackwards: fc.boolean(),
      returnSequences: fc.boolean(),
      zeroOutputForMask: fc.boolean(),
    });
  });

/** The outputs of one row in the order of the steps that were taken, and its states after the last. */
function loop(
  x: readonly number[],
  mask: readonly boolean[] | undefined,
  [sum, count]: readonly [number, number],
  { goBackwards, zeroOutputForMask }: Case,
): { outputs: readonly (readonly number[])[]; states: readonly number[] } {
  const order = x.map((_, i) => (goBackwards ? x.length - 1 - i : i));
  const state = { sum, count, output: [0, 0] as readonly number[] };
  const outputs = order.map((t) => {
    if (mask?.[t] === false) return zeroOutputForMask ? [0, 0] : state.output;
    state.sum += x[t] ?? 0;
    state.count++;
    state.output = [2 * state.sum + state.count, 3 * state.sum + state.count];
    return state.output;
  });
  return { outputs, states: [state.sum, state.count] };
}

test('masks, order, given states and what is returned: as a plain loop has it', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { x, mask, initial, goBackwards, returnSequences, zeroOutputForMask } = given;
      const layer = rnn(counting, { goBackwards, returnSequences, zeroOutputForMask, returnState: true });
      layer.build([x[0]?.length ?? 1, 1]);
      const states = initial ? [0, 1].map((i) => tensor(initial.map((row) => [row[i] ?? 0]))) : [];
      const xs = [tensor(x).expandDims(2), ...states];
      const [y, ...after] = callAll(layer, xs, { training: false, masks: mask ? [tensor(mask)] : [] });
      const expected = x.map((row, i) => loop(row, mask?.[i], initial?.[i] ?? [0, 0], given));
      const outputs = expected.map((row) => (returnSequences ? row.outputs : (row.outputs.at(-1) ?? [])));
      expect(numbersOf(y)).toEqual(outputs.flat(2));
      after.forEach((state, i) => {
        expect(numbersOf(state)).toEqual(expected.map((row) => row.states[i]));
      });
    }),
    { numRuns: 150 },
  );
});

/** The elements; 0 for −0. */
function numbersOf(t: Tensor | undefined): readonly number[] {
  return Array.from(t?.data() ?? [], (value) => value + 0);
}

describe('dropout', () => {
  const [batch, steps, units] = [4, 5, 8];
  /** h ← x·kernel + h·recurrentKernel, of diagonal kernels, applied to ones. */
  const outputs = (kernel: number, recurrent: number, options: object): readonly (readonly (readonly number[])[])[] => {
    const layer = simpleRnn(units, {
      activation: 'linear',
      useBias: false,
      returnSequences: true,
      seed: 3,
      ...options,
    });
    layer.build([steps, units]);
    const diagonal = Array.from({ length: units }, (_, i) => Array.from({ length: units }, (__, j) => Number(i === j)));
    [kernel, recurrent].forEach((factor, i) => void layer.variables[i]?.assign(tensor(diagonal).mul(factor)));
    const values = Array.from(apply(layer, ones([batch, steps, units]), true).data());
    const at = (row: number, step: number): readonly number[] =>
      values.slice((row * steps + step) * units, (row * steps + step + 1) * units);
    return Array.from({ length: batch }, (_, row) => Array.from({ length: steps }, (__, step) => at(row, step)));
  };

  test('leaves out the same inputs at every step, and scales the others', () => {
    const [found, kept] = [outputs(1, 0, { dropout: 0.5 }), new Set<number>()];
    for (const row of found) {
      for (const step of row) expect(step).toEqual(row[0]);
      for (const value of row[0] ?? []) kept.add(value);
    }
    expect(kept).toEqual(new Set([0, 2]));
  });

  test('leaves out the same elements of the state at every step, and scales the others', () => {
    const courses = new Set<string>();
    for (const row of outputs(1, 1, { recurrentDropout: 0.5 })) {
      for (let i = 0; i < units; i++) courses.add(row.map((step) => step[i]).join(' '));
    }
    // h ← 1 + m·h, with m = 0 or 2 throughout
    expect(courses).toEqual(new Set(['1 1 1 1 1', '1 3 7 15 31']));
  });
});
