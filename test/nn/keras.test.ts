// Layers with given weights compute what Keras computes with them, in float64, and have its gradients: golden/make-golden.py
// made the figures.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activations, type LayerConfig, layerFrom } from '@treadle/nn';
import { gradients, type Tensor, tensor, type Variable, variable } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';
import { buildAll, callAll, namedVariablesOf } from './apply.ts';

type Nested = number | readonly Nested[];

interface Case {
  readonly config: LayerConfig;
  readonly inputs: readonly Nested[];
  readonly masks: readonly (readonly (readonly boolean[])[] | null)[] | null;
  readonly training: boolean;
  readonly weights: Readonly<Record<string, Nested>>;
  readonly outputs: readonly Nested[];
  /** variables that training moved */
  readonly after: Readonly<Record<string, Nested>>;
  /** of the sum of all outputs, each element times its factor; null for inputs that have none */
  readonly gradients: {
    readonly inputs: readonly (Nested | null)[];
    readonly weights: Readonly<Record<string, Nested>>;
  };
}

interface Golden {
  readonly cases: readonly Case[];
  readonly activations: { readonly points: readonly number[]; readonly values: Readonly<Record<string, number[]>> };
}

const golden: Golden = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', 'keras.json'), 'utf8'));

/** Fewer than 512 roundings follow one another in any case, and no value on the way is above 8 times what comes out, or 8. */
const bound = (value: number): number => 512 * 2 ** -24 * 8 * Math.max(1, Math.abs(value));

function flat(x: Nested): readonly number[] {
  return typeof x === 'number' ? [x] : x.flatMap(flat);
}

function factors({ shape, size }: Tensor): Tensor {
  return tensor(
    Float32Array.from({ length: size }, (_, i) => (((5 * i) % 7) - 3) / 4),
    { shape },
  );
}

function find(variables: ReadonlyMap<string, Variable>, name: string): Variable {
  const found = variables.get(name);
  if (!found) throw new Error(`no variable ${name}`);
  return found;
}

function expectClose(got: Tensor | undefined, expected: Nested, what = 'result'): void {
  const values = flat(expected);
  const data = got?.data() ?? [];
  expect(data).toHaveLength(values.length);
  values.forEach((value, i) => {
    expect(Math.abs(data[i]! - value), `${what} at [${i}]: ${data[i]} for ${value}`).toBeLessThanOrEqual(bound(value));
  });
}

const numbered = golden.cases.map((each, i) => ({ ...each, title: `${i} ${JSON.stringify(each.config)}` }));

test.each(numbered)('$title', ({ config, inputs, masks, training, weights, outputs, after, gradients: expected }) => {
  const layer = layerFrom(config);
  const xs = inputs.map((x) => variable(x));
  buildAll(
    layer,
    xs.map((x) => x.shape.slice(1)),
  );
  const variables = namedVariablesOf(layer);
  expect([...variables.keys()].sort()).toEqual(Object.keys(weights).sort());
  for (const [name, v] of variables) {
    const value = tensor(weights[name] ?? 0);
    expect(value.shape, name).toEqual(v.shape);
    v.assign(value);
  }
  const results = callAll(layer, xs, {
    training,
    masks: (masks ?? []).map((mask) => (mask ? tensor(mask) : undefined)),
  });
  expect(results).toHaveLength(outputs.length);
  results.forEach((y, i) => {
    expectClose(y, outputs[i] ?? 0);
  });
  const total = results.map((y) => y.mul(factors(y)).sum()).reduce((sum, term) => sum.add(term));
  const named = Object.entries(expected.weights);
  const weightGradients = gradients(
    total,
    named.map(([name]) => find(variables, name)),
  );
  for (const [i, [name, value]] of named.entries()) expectClose(weightGradients[i], value, name);
  const inputGradients = gradients(total, xs);
  expected.inputs.forEach((value, i) => {
    if (value !== null) expectClose(inputGradients[i], value, `input ${i}`);
  });
  for (const [name, value] of Object.entries(after)) {
    expectClose(find(variables, name), value, name);
  }
});

describe('activations', () => {
  const { points, values } = golden.activations;
  test.each(Object.entries(values))('%s', (name, expected) => {
    expectClose(activations.activationOf(name)(tensor([points])), expected);
  });
});
