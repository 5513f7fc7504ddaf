// Stateful layers: a call begins with the states that the one before it ended with. golden/make-recurrent.py made the figures.

import {
  bidirectional,
  dense,
  graphBetween,
  gru,
  gruCell,
  input,
  type LayerConfig,
  layerFrom,
  lstm,
  Network,
  type RecurrentLayer,
  rnn,
  Sequential,
  simpleRnn,
  simpleRnnCell,
} from '@treadle/nn';
import { concat, gradients, ones, randomNormal, type Tensor, tensor, zeros } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { difference } from '../support/bits.ts';
import { computeBounded } from '../support/running-error.ts';
import { apply, callAll } from './apply.ts';
import { expectClose, type Numbers, numbers, readGolden } from './golden-figures.ts';

interface Call {
  readonly steps: number;
  readonly mask?: readonly (readonly boolean[])[];
  /** how many states are given */
  readonly states?: number;
  /** whether the layer's states are reset before */
  readonly reset?: boolean;
  readonly outputs: readonly Numbers[];
}

const golden = readGolden<{ stateful: readonly { config: LayerConfig; calls: readonly Call[] }[] }>('recurrent.json');

test.each(golden.stateful.map((each) => ({ ...each, title: JSON.stringify(each.config) })))(
  'what Keras computes, call by call: $title',
  ({ config, calls }) => {
    const layer = layerFrom(config);
    // the same without states of its own, for the bounds of all calls as one graph
    const twin = layerFrom(withoutStates(config));
    for (const each of [layer, twin]) {
      each.build([3, 2]);
      each.variables.forEach((v, i) => void v.assign(numbers(v.shape, 10 + i)));
    }
    const weights = new Map(twin.variables.map((v) => [v.node, [...v.data()]]));
    let states: readonly Tensor[] | undefined;
    calls.forEach(({ steps, mask, states: given = 0, reset, outputs }, salt) => {
      if (reset) layer.resetStates?.();
      if (reset) states = undefined;
      const x = numbers([2, steps, 2], salt);
      const begun = Array.from({ length: given }, (_, i) => numbers([2, 2], 20 + i));
      const masks = mask ? [tensor(mask)] : [];
      const got = callAll(layer, [x, ...begun], { training: false, masks });
      const count = config.kind === 'lstm' || config.kind === 'bidirectional' ? 2 : 1;
      const before = given > 0 ? begun : (states ?? Array.from({ length: count }, () => zeros([2, 2])));
      const expected = callAll(twin, [x, ...before], { training: false, masks });
      states = expected.slice(1);
      const bounds = computeBounded(
        expected.map(({ node }) => node),
        weights,
      );
      expect(got).toHaveLength(outputs.length);
      got.forEach((y, i) => {
        expectClose(y, outputs[i] ?? [], bounds[i]?.errors ?? [], `call ${salt}, result ${i}`);
      });
    });
  },
);

/** The config of a layer that is given its states and gives them back. */
function withoutStates({ layer, ...config }: LayerConfig & { readonly layer?: LayerConfig }): LayerConfig {
  return layer ? { ...config, layer: withoutStates(layer) } : { ...config, stateful: false, returnState: true };
}

const [batch, units, features] = [3, 4, 2];

describe.each([
  [
    'simpleRnn',
    (stateful: boolean, returnState = false) => simpleRnn(units, { stateful, returnState, returnSequences: true }),
  ],
  ['lstm', (stateful: boolean, returnState = false) => lstm(units, { stateful, returnState, returnSequences: true })],
  ['gru', (stateful: boolean, returnState = false) => gru(units, { stateful, returnState, returnSequences: true })],
  [
    'rnn',
    (stateful: boolean, returnState = false) =>
      rnn([simpleRnnCell(3), gruCell(units)], { stateful, returnState, returnSequences: true }),
  ],
] as const)('a stateful %s', (_, make) => {
  /** A stateful layer and another with the same weights that is not. */
  function twins(returnState = false): { stateful: RecurrentLayer; plain: RecurrentLayer } {
    const [stateful, plain] = [make(true), make(false, returnState)];
    for (const layer of [stateful, plain]) layer.build([1, features]);
    plain.variables.forEach((v, i) => void v.assign(stateful.variables[i]?.detach() ?? 0));
    return { stateful, plain };
  }

  test('of the parts of a sequence gives the bits of the whole', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lengths, fc.boolean(), (steps, training) => {
        const { stateful, plain } = twins();
        const parts = steps.map((count, i) => randomNormal([batch, count, features], { seed: i }).realize());
        const results = parts.map((part) => apply(stateful, part, training).realize());
        expect(difference(concat(results, 1), apply(plain, concat(parts, 1)))).toBeUndefined();
      }),
      { numRuns: 8 },
    );
  });

  test('begins anew after resetStates', () => {
    const { stateful, plain } = twins();
    const x = randomNormal([batch, 3, features], { seed: 1 }).realize();
    const alone = apply(plain, x);
    expect(difference(apply(stateful, x), alone)).toBeUndefined();
    expect(difference(apply(stateful, x), alone)).toBeDefined();
    stateful.resetStates();
    expect(difference(apply(stateful, x), alone)).toBeUndefined();
  });

  test('has the gradients of a call that is given the states', () => {
    const { stateful, plain } = twins(true);
    const [first, x] = [1, 2].map((seed) => randomNormal([batch, 2, features], { seed }).realize());
    if (!first || !x) throw new Error('no inputs');
    apply(stateful, first);
    const [, ...states] = callAll(plain, [first], { training: false });
    const known = states.map((state) => state.detach().realize());
    const own = gradients(apply(stateful, x).square().sum(), [x, ...stateful.variables]);
    const given = gradients(
      apply(plain, [x, ...known])
        .square()
        .sum(),
      [x, ...plain.variables],
    );
    own.forEach((gradient, i) => {
      expect(difference(gradient, given[i] ?? x)).toBeUndefined();
    });
  });

  test('has states beside its weights, which nothing counts or saves', () => {
    const { stateful, plain } = twins();
    apply(stateful, ones([batch, 1, features]));
    expect(stateful.variables.map((v) => v.name)).toEqual(plain.variables.map((v) => v.name));
    expect(layerFrom(stateful.config?.() ?? { kind: '' }).stateful).toBe(true);
  });
});

describe('states', () => {
  const x = randomNormal([batch, 2, features], { seed: 5 }).realize();

  test('of all layers of a model, in whatever they are, are reset by the model', () => {
    const a = input([2, features]);
    const inner = new Sequential([gru(3, { stateful: true, returnSequences: true })]);
    const model = new Network(graphBetween(a, dense(1)(bidirectional(lstm(2, { stateful: true }))(inner(a)))));
    expect(model.stateful).toBe(true);
    const first = model.call(x).realize();
    expect(difference(model.call(x), first)).toBeDefined();
    model.resetStates();
    expect(difference(model.call(x), first)).toBeUndefined();
    expect(new Sequential([lstm(2)]).stateful).toBe(false);
  });

  test('are not moved where masks alone are asked for', () => {
    const inner = new Sequential([lstm(2, { stateful: true, returnSequences: true })]);
    const [once, twice] = [inner.call(x).realize(), inner.call(x).realize()];
    inner.resetStates();
    expect(difference(inner.call(x), once)).toBeUndefined();
    inner.outputMask([x], [ones([batch, 2], { dtype: 'bool' })]);
    expect(difference(inner.call(x), twice)).toBeUndefined();
  });

  test('belong to batches of one size', () => {
    const layer = lstm(2, { stateful: true });
    apply(layer, x);
    expect(() => apply(layer, ones([2, 2, features]))).toThrow(
      'lstm: a stateful layer takes batches of the size of its first; got 2 rows, at first 3; another layer with the same weights takes others',
    );
  });
});
