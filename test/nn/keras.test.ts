// Layers with given weights compute what Keras computes with them, in float64, and have its gradients: golden/make-golden.py
// made the figures, golden/make-masked.py those of layers that are given a mask.

import {
  activationOf,
  type LayerConfig,
  type LayerMaker,
  layerFrom,
  type RnnCell,
  type RnnOptions,
  rnn,
} from '@treadle/nn';
import { gradients, type Shape, tensor, type Variable, variable } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';
import { computeBounded } from '../support/running-error.ts';
import { buildAll, callAll, namedVariablesOf } from './apply.ts';
import { expectClose, factors, type Numbers, numbers, readGolden } from './golden-figures.ts';

interface Case {
  readonly config: LayerConfig;
  /** shapes; what they hold follows from `numbers` */
  readonly inputs: readonly Shape[];
  /** inputs are whole numbers below it */
  readonly below: number | null;
  readonly masks: readonly (readonly (readonly boolean[])[] | null)[] | null;
  readonly training: boolean;
  /** shapes */
  readonly weights: Readonly<Record<string, Shape>>;
  readonly outputs: readonly Numbers[];
  /** variables that training moved */
  readonly after: Readonly<Record<string, Numbers>>;
  /** of the sum of all outputs, each element times its factor; null for inputs that have none */
  readonly gradients: {
    readonly inputs: readonly (Numbers | null)[];
    readonly weights: Readonly<Record<string, Numbers>>;
  };
}

interface Golden {
  readonly cases: readonly Case[];
  readonly activations: { readonly points: readonly number[]; readonly values: Readonly<Record<string, Numbers>> };
}

const golden = readGolden<Golden>('keras.json');
const masked = readGolden<Pick<Golden, 'cases'>>('masked.json');

function find(variables: ReadonlyMap<string, Variable>, name: string): Variable {
  const found = variables.get(name);
  if (!found) throw new Error(`no variable ${name}`);
  return found;
}

/** The cells of make-golden.py. */
const cells: Readonly<Record<string, RnnCell>> = {
  projecting: {
    stateSize: [2, 3],
    outputSize: 4,
    weights: ([features = 0]) => ({ kernel: [features, 2], recurrent: [2, 2], out: [2, 4], sums: { shape: [2, 3] } }),
    call: (x, [h = x, total = x], { kernel = x, recurrent = x, out = x, sums = x }) => {
      const next = x.matmul(kernel).add(h.matmul(recurrent)).tanh();
      return [next.matmul(out), [next, total.add(next.matmul(sums))]];
    },
  },
  summing: {
    stateSize: 4,
    call: (x, [h = x]) => {
      const y = h.mul(0.5).add(x);
      return [y, y];
    },
  },
};

interface RnnConfig extends RnnOptions {
  readonly cells: readonly string[];
}

const ownLayers: Readonly<Record<string, LayerMaker>> = {
  rnn: (config) => {
    const { kind: _, cells: names, ...options }: Partial<RnnConfig> & LayerConfig = config;
    const chosen = (names ?? []).map((name) => cells[name] ?? expect.fail(`no cell ${name}`));
    return rnn(chosen.length === 1 && chosen[0] ? chosen[0] : chosen, options);
  },
};

const numbered = [...golden.cases, ...masked.cases].map((each, i) => ({
  ...each,
  title: `${i} ${JSON.stringify(each.config)}`,
}));

test.each(numbered)('$title', (each) => {
  const { config, masks, training, weights, outputs, after, gradients: expected } = each;
  const layer = layerFrom(config, { layers: ownLayers });
  const xs = each.inputs.map((shape, salt) => variable(numbers(shape, salt, each.below)));
  buildAll(
    layer,
    xs.map((x) => x.shape.slice(1)),
  );
  const variables = namedVariablesOf(layer);
  expect(Object.fromEntries([...variables].map(([name, v]) => [name, v.shape]))).toEqual(weights);
  Object.entries(weights).forEach(([name, shape], i) => {
    const value = numbers(shape, 10 + i);
    find(variables, name).assign(name.includes('ariance') ? value.abs().add(0.5) : value);
  });
  const given = new Map([...xs, ...variables.values()].map((v) => [v.node, [...v.data()]]));
  const results = callAll(layer, xs, {
    training,
    masks: (masks ?? []).map((mask) => (mask ? tensor(mask) : undefined)),
  });
  expect(results).toHaveLength(outputs.length);
  const total = results.map((y) => y.mul(factors(y)).sum()).reduce((sum, term) => sum.add(term));
  const named = Object.keys(expected.weights);
  const weightGradients = gradients(
    total,
    named.map((name) => find(variables, name)),
  );
  const differentiated = xs.filter((_, i) => expected.inputs[i] !== null);
  const inputGradients = gradients(total, differentiated);
  const checked = [
    ...results.map((y, i) => ({ y, expected: outputs[i], what: `result ${i}` })),
    ...named.map((name, i) => ({ y: weightGradients[i], expected: expected.weights[name], what: name })),
    ...expected.inputs
      .filter((value) => value !== null)
      .map((value, i) => ({ y: inputGradients[i], expected: value, what: `input ${i}` })),
  ];
  const bounds = computeBounded(
    checked.map(({ y = tensor(0) }) => y.node),
    given,
  );
  checked.forEach(({ y, expected: values = [], what }, i) => {
    expectClose(y, values, bounds[i]?.errors ?? [], what);
  });
  // a moving average of figures of order 1: some hundred roundings at most
  for (const [name, values] of Object.entries(after)) {
    const errors = values.map((value) => 256 * 2 ** -24 * Math.max(1, Math.abs(value)));
    expectClose(find(variables, name), values, errors, name);
  }
});

describe('activations', () => {
  const { points, values } = golden.activations;
  test.each(Object.entries(values))('%s', (name, expected) => {
    const y = activationOf(name)(tensor([points]));
    expectClose(y, expected, computeBounded([y.node])[0]?.errors ?? []);
  });
});
