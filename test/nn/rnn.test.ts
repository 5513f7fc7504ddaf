// rnn: a layer of a cell of one's own is what it does step by step; make-golden.py made the figures for keras.test.ts.

import {
  bidirectional,
  gru,
  gruCell,
  type Layer,
  layerFrom,
  lstm,
  lstmCell,
  type RnnCell,
  rnn,
  simpleRnn,
  simpleRnnCell,
} from '@treadle/nn';
import { concat, gradients, ones, randomNormal, type Tensor, tensor } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';
import { difference } from '../support/bits.ts';
import { apply, callAll, namedVariablesOf } from './apply.ts';

const [batch, steps, features] = [3, 4, 2];
const x = randomNormal([batch, steps, features], { seed: 1 }).realize();

function copyWeights(from: Layer, to: Layer): void {
  const values = [...namedVariablesOf(from).values()];
  [...namedVariablesOf(to).values()].forEach((v, i) => void v.assign(values[i]?.detach() ?? 0));
}

/** A leaky sum whose rate is learned. */
const leaky: RnnCell<'rate'> = {
  stateSize: features,
  weights: ([n = 0]) => ({ rate: { shape: [n], initializer: 'ones', regularizer: 'l2' } }),
  call: (at, [sum = at], { rate }) => {
    const next = sum.mul(rate).add(at);
    return [next, next];
  },
};

describe.each([
  ['lstmCell', lstmCell(3), () => lstm(3, { returnSequences: true, returnState: true })],
  ['gruCell', gruCell(3), () => gru(3, { returnSequences: true, returnState: true })],
  [
    'gruCell with options',
    gruCell(3, { resetAfter: false, useBias: false, activation: 'relu' }),
    () => gru(3, { resetAfter: false, useBias: false, activation: 'relu', returnSequences: true, returnState: true }),
  ],
  ['simpleRnnCell', simpleRnnCell(3), () => simpleRnn(3, { returnSequences: true, returnState: true })],
] as const)('%s', (_, cell, make) => {
  test('in rnn is the layer, whose input is projected at once, bit for bit', () => {
    const [layer, whole] = [rnn(cell, { returnSequences: true, returnState: true }), make()];
    for (const each of [layer, whole]) each.build([steps, features]);
    expect([...namedVariablesOf(layer).keys()]).toEqual([...namedVariablesOf(whole).keys()]);
    copyWeights(whole, layer);
    const [mine, own] = [layer, whole].map((each) => callAll(each, [x], { training: true }));
    own?.forEach((y, i) => {
      expect(difference(mine?.[i] ?? x, y)).toBeUndefined();
    });
  });
});

describe('rnn', () => {
  test('makes separate weights for every layer, with the options that the cell gives', () => {
    const [a, b] = [rnn(leaky), rnn(leaky)];
    for (const layer of [a, b]) layer.build([steps, features]);
    a.variables[0]?.assign(3);
    expect(b.variables[0]?.toArray()).toEqual([1, 1]);
    expect(a.variables[0]?.name).toBe('rate');
    expect(a.losses?.()[0]?.item()).toBeCloseTo(0.01 * 2 * 9, 5);
  });

  test('goes both ways in bidirectional', () => {
    const both = bidirectional(rnn(leaky, { returnSequences: true }));
    const [forward, backward] = [rnn(leaky, { returnSequences: true }), rnn(leaky, { returnSequences: true })];
    const expected = concat([apply(forward, x), apply(backward, x.flip(1)).flip(1)], -1);
    expect(difference(apply(both, x), expected)).toBeUndefined();
  });

  test('takes steps of any shape, and tells the cell whether it learns', () => {
    const seen: boolean[] = [];
    const summing: RnnCell = {
      stateSize: 1,
      call: (at: Tensor, [sum = at], _, { training }) => {
        seen.push(training);
        const next = sum.add(at.sum([1, 2]).expandDims(1));
        return [next, [next]];
      },
    };
    const pixels = ones([2, 3, 2, 2]);
    expect(apply(rnn(summing), pixels, true).toArray()).toEqual([[12], [12]]);
    expect(new Set(seen)).toEqual(new Set([true]));
  });

  test('of several cells is the layers of each, one after the other', () => {
    const stacked = rnn([lstmCell(3), gruCell(2)], { returnSequences: true });
    const [first, second] = [lstm(3, { returnSequences: true }), gru(2, { returnSequences: true })];
    const y = apply(stacked, x);
    expect([...namedVariablesOf(stacked).keys()]).toContain('cell1/recurrentKernel');
    apply(second, apply(first, x));
    const values = [...stacked.variables];
    [...first.variables, ...second.variables].forEach((v, i) => void v.assign(values[i]?.detach() ?? 0));
    const expected = second.call(first.call(x));
    expect(difference(y, expected)).toBeUndefined();
    const own = gradients(apply(stacked, x).square().sum(), stacked.variables);
    const given = gradients(second.call(first.call(x)).square().sum(), [...first.variables, ...second.variables]);
    expect(own.map(({ shape }) => shape)).toEqual(given.map(({ shape }) => shape));
  });

  test('is made again from its config where its cells can be', () => {
    const layer = rnn([lstmCell(3, { unitForgetBias: false }), gruCell(2)], { goBackwards: true });
    const again = layerFrom(layer.config?.() ?? { kind: '' });
    expect(again.config?.()).toEqual(layer.config?.());
    const one = rnn(simpleRnnCell(2), { returnSequences: true });
    expect(layerFrom(one.config?.() ?? { kind: '' }).config?.()).toEqual(one.config?.());
    const refusal = 'rnn: cell must be a name, or made by this package, to be saved; got a custom one';
    expect(() => rnn(leaky).config?.()).toThrow(refusal);
    expect(() => rnn([lstmCell(2), leaky]).config?.()).toThrow(refusal);
    expect(() => layerFrom({ kind: 'rnn', cell: { kind: 'leaky' } })).toThrow(
      'layerFrom: a cell must be one of gruCell, lstmCell, simpleRnnCell; got leaky; the option layers makes cells of your own',
    );
  });

  const wrong = (change: object) => () => Reflect.apply(rnn, undefined, [{ ...leaky, ...change }]);
  test.each([
    [
      'a function',
      () => Reflect.apply(rnn, undefined, [() => x]),
      'rnn: a cell must be an object with stateSize and call; got a function',
    ],
    ['no cells', () => rnn([]), 'rnn: there must be one cell or more; got none'],
    ['a call that is none', wrong({ call: 3 }), 'rnn: the cell’s call must be a function; got 3'],
    ['no state', wrong({ stateSize: [] }), 'rnn: a cell must have a state or more; got stateSize []'],
    ['a size that is none', wrong({ stateSize: 0.5 }), 'rnn: stateSize must be a whole number ≥ 1; got 0.5'],
    ['an output that is none', wrong({ outputSize: -1 }), 'rnn: outputSize must be a whole number ≥ 1; got -1'],
    [
      'an output of another size',
      () => apply(rnn({ ...leaky, outputSize: 5 }), x),
      'rnn: the cell’s output must have the shape [3, 5]; got [3, 2]',
    ],
    [
      'a result that is none',
      () => apply(rnn(Object.assign({}, leaky, { call: () => x })), x),
      'rnn: the cell’s call must give [output, states], of tensors; got ',
    ],
    [
      'a weight that is no shape',
      () => rnn(Object.assign({}, leaky, { weights: () => ({ rate: 3 }) })).build([steps, features]),
      'rnn: a weight of the cell must be a shape, or an object with one; got 3 for rate',
    ],
    [
      'too few states',
      () => apply(rnn({ ...leaky, stateSize: [2, 2] }), x),
      'rnn: the cell’s states must have the shape [3, 2], [3, 2]; got [3, 2]',
    ],
    [
      'a tensor in the place of options',
      () => Reflect.apply(lstmCell, undefined, [2, tensor([1])]),
      'lstmCell: it makes a layer',
    ],
    [
      'an option that a cell has not',
      () => Reflect.apply(lstmCell, undefined, [2, { dropout: 0.5 }]),
      'lstmCell: unknown option "dropout"',
    ],
    [
      'a cell called without weights',
      () => Reflect.apply(lstmCell(2).call, undefined, [x, [x, x]]),
      'lstmCell: call must be given 2 states, and the weights by name; got 2 states, weights undefined',
    ],
    ['units that are none', () => gruCell(0), 'gruCell: units must be a whole number ≥ 1; got 0'],
  ] as const)('refuses %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
