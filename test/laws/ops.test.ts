// The laws that every op obeys: its result is within its bound of the reference, its gradient is that of the reference, and so
// is its gradient's; and what cannot be computed is refused at the call.

import { gradients, type Node, ops } from '@treadle/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asList, type Case, type Example, violation } from '../support/cases/case.ts';
import { nodeFor, valueOf } from '../support/cases/nodes.ts';
import { cases } from '../support/cases.ts';
import { type Derivative, derivative } from '../support/differences.ts';
import { type NdArray, nd, sum, tiny } from '../support/reference.ts';
import { computeBounded } from '../support/running-error.ts';
import { threefry } from '../support/threefry.ts';

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const runs = (few: number): { numRuns: number } => ({ numRuns: isLong ? 20 * few : few });

/** What is wrong with the value of an example; undefined where nothing is. */
function wrongValue({ inputs, apply, reference, tolerance, label }: Example): string | undefined {
  const got = asList(apply(...inputs.map(nodeFor)));
  const truths = asList(reference(...inputs));
  if (got.length !== truths.length) return `${label}: ${got.length} results, not ${truths.length}`;
  for (const [i, truth] of truths.entries()) {
    const wrong = violation(valueOf(got[i]!), truth, tolerance, inputs);
    if (wrong) return `${label}: ${wrong}`;
  }
  return undefined;
}

const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });

/** Arrays of multiples of 1/64 in [−1, 1), of the shapes given. */
function weightsLike(arrays: readonly NdArray[], seed: number): NdArray[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >> 25) / 64;
  };
  return arrays.map(({ shape, data }) => nd(shape, data.map(next)));
}

/** An example as a function to one number: the results, weighted and added up. */
interface Scalar {
  /** the inputs that have gradients */
  readonly inputs: readonly NdArray[];
  readonly nodes: readonly Node[];
  readonly y: Node;
  /** the reference for other values of the inputs */
  reference(inputs: readonly NdArray[]): number;
}

function scalarOf({ inputs, apply, reference }: Example, seed: number): Scalar {
  const weights = weightsLike(asList(reference(...inputs)), seed);
  const nodes = inputs.map(nodeFor);
  const results = asList(apply(...nodes));
  const y = results
    .map((node, i) => ops.sum(ops.mul(node, nodeFor(weights[i]!))))
    .reduce((a, b) => ops.add(a, b), ops.sum(nodeFor(nd([0], []))));
  const isFloat = inputs.map(({ dtype }) => dtype === 'float32');
  return {
    inputs: inputs.filter((_, i) => isFloat[i]),
    nodes: nodes.filter((_, i) => isFloat[i]),
    y,
    reference: (floats) => {
      const rest = floats.slice();
      const truths = asList(reference(...inputs.map((input, i) => (isFloat[i] ? rest.shift()! : input))));
      return sum(truths.map(({ data }, i) => sum(data.map((value, j) => value * weights[i]!.data[j]!))));
    },
  };
}

/** The inputs with element j of input i moved by `step`. */
function nudged(inputs: readonly NdArray[], i: number, j: number, step: number): NdArray[] {
  return inputs.map((x, at) => (at === i ? { ...x, data: x.data.with(j, x.data[j]! + step) } : x));
}

function along(inputs: readonly NdArray[], direction: readonly NdArray[], step: number): NdArray[] {
  return inputs.map((x, i) => ({ ...x, data: x.data.map((value, j) => value + step * direction[i]!.data[j]!) }));
}

/** Compares nodes, one for each input, with derivatives along its elements. */
function compareGradients(
  found: readonly Node[],
  { inputs }: Scalar,
  derivativeAt: (i: number, j: number) => Derivative,
): string | undefined {
  const bounds = computeBounded(found);
  for (const [i, input] of inputs.entries()) {
    const { shape, dtype, data } = valueOf(found[i]!);
    if (`${shape} ${dtype}` !== `${input.shape} float32`)
      return `gradient ${i} is ${dtype} [${shape}], not float32 [${input.shape}]`;
    for (const [j, got] of data.entries()) {
      const { value, error } = derivativeAt(i, j);
      const bound = 1.001 * bounds[i]!.errors[j]! + error + tiny;
      if (!(Math.abs(got - value) <= bound))
        return `gradient ${i} at [${j}] is ${got}, by differences ${value}, bound ${bound}`;
    }
  }
  return undefined;
}

const measured = (value: number): Derivative => ({ value, error: 2 ** -48 * Math.abs(value) });

function wrongGradient(example: Example, seed: number): string | undefined {
  const scalar = scalarOf(example, seed);
  const found = gradients(scalar.y, scalar.nodes);
  return compareGradients(found, scalar, (i, j) =>
    derivative((t) => measured(scalar.reference(nudged(scalar.inputs, i, j, t)))),
  );
}

/** Of the gradient's product with a direction v: ∂/∂x of v·∇f is the derivative of the derivative along v. */
function wrongSecondGradient(example: Example, seed: number): string | undefined {
  const scalar = scalarOf(example, seed);
  const direction = weightsLike(scalar.inputs, seed + 1);
  const first = gradients(scalar.y, scalar.nodes);
  const slope = first.map((node, i) => ops.sum(ops.mul(node, nodeFor(direction[i]!)))).reduce((a, b) => ops.add(a, b));
  const found = gradients(slope, scalar.nodes);
  const slopeOf = (inputs: readonly NdArray[]) =>
    derivative((s) => measured(scalar.reference(along(inputs, direction, s))));
  return compareGradients(found, scalar, (i, j) => derivative((t) => slopeOf(nudged(scalar.inputs, i, j, t))));
}

const all: [string, Case][] = Object.entries(cases);

describe.each(all)('%s', (name, { examples, special, smooth, wrong }) => {
  test('is within its bound of the reference', () => {
    fc.assert(
      fc.property(examples, (example) => {
        expect(wrongValue(example)).toBeUndefined();
      }),
      runs(40),
    );
  });

  test.runIf(special)('is right at zeros, infinities, NaN and the ends of the range', () => {
    for (const example of special ?? []) expect(wrongValue(example)).toBeUndefined();
  });

  test.runIf(smooth)('has the gradient of the reference', () => {
    fc.assert(
      fc.property(smooth!, seeds, (example, seed) => {
        expect(wrongGradient(example, seed)).toBeUndefined();
      }),
      runs(15),
    );
  });

  test.runIf(smooth)('has the gradient of the reference’s gradient', () => {
    fc.assert(
      fc.property(smooth!, seeds, (example, seed) => {
        expect(wrongSecondGradient(example, seed)).toBeUndefined();
      }),
      runs(8),
    );
  });

  test.runIf(wrong.length > 0)('refuses what it cannot compute, and says which rule was broken and by what', () => {
    for (const { call, error } of wrong) {
      let thrown: unknown;
      try {
        call();
      } catch (caught) {
        thrown = caught;
      }
      expect(String(thrown), String(call)).toMatch(new RegExp(`^${error}: ${name}: [^;]+; got .+`, 's'));
    }
  });
});

test('the reference cipher gives the known answers of Random123', () => {
  expect(threefry([0, 0], [0, 0])).toEqual([0x9d1c5ec6, 0x8bd50731]);
  expect(threefry([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0xfd36d048, 0x2d17272c]);
  expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xba3e4725, 0xf27d669e]);
});
