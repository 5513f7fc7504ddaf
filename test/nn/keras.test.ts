// Layers with given weights compute what Keras computes with them, in float64: golden/make-golden.py made the figures.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activations, type LayerConfig, layerFrom } from '@treadle/nn';
import { type Tensor, tensor } from '@treadle/tensor';
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

function expectClose(got: Tensor, expected: Nested): void {
  const values = flat(expected);
  const data = got.data();
  expect(data).toHaveLength(values.length);
  values.forEach((value, i) => {
    expect(Math.abs(data[i]! - value), `at [${i}]: ${data[i]} for ${value}`).toBeLessThanOrEqual(bound(value));
  });
}

const numbered = golden.cases.map((each, i) => ({ ...each, title: `${i} ${JSON.stringify(each.config)}` }));

test.each(numbered)('$title', ({ config, inputs, masks, training, weights, outputs, after }) => {
  const layer = layerFrom(config);
  const xs = inputs.map((x) => tensor(x));
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
  for (const [name, value] of Object.entries(after)) {
    const moved = variables.get(name);
    if (!moved) throw new Error(`no variable ${name}`);
    expectClose(moved, value);
  }
});

describe('activations', () => {
  const { points, values } = golden.activations;
  test.each(Object.entries(values))('%s', (name, expected) => {
    expectClose(activations.activationOf(name)(tensor([points])), expected);
  });
});
