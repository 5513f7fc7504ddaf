// The laws of models that are graphs: they compute what their layers compute, share what is shared, and come back from config.

import {
  add,
  bidirectional,
  concatenate,
  connect,
  dense,
  dropout,
  graphBetween,
  input,
  type Layer,
  type LayerConfig,
  layer,
  lstm,
  Network,
  networkFrom,
  reshape,
  Sequential,
} from '@treadle/nn';
import { randomNormal, ShapeError, type Tensor, tensor, variable } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';
import { difference } from '../support/bits.ts';

/** Two inputs, a shared layer, a residual connection, two outputs. */
function branched(): Network {
  const [a, b] = [input([4], { name: 'left' }), input([4])];
  const shared = dense(3, { activation: 'tanh' });
  const joined = concatenate()([shared(a), shared(b)]);
  const residual = add()([joined, dense(6, { name: 'inner' })(joined)]);
  return new Network(graphBetween([a, b], { score: dense(1)(residual), kind: dense(2)(joined) }), { name: 'branched' });
}

const rows = (seed: number, size = 4): Tensor => randomNormal([3, size], { seed });

describe('a graph', () => {
  test('computes what its layers compute one after the other', () => {
    const model = branched();
    const [shared, join, inner, sum, score, kind] = model.layers;
    const call = (one: Layer | undefined, ...xs: readonly Tensor[]): Tensor => {
      const options = { training: false };
      const y = xs.length > 1 ? one?.callAll?.(xs, options)[0] : xs[0] && one?.call(xs[0], options);
      if (!y) throw new Error('no result');
      return y;
    };
    const joined = call(join, call(shared, rows(1)), call(shared, rows(2)));
    const expected = [call(score, call(sum, joined, call(inner, joined))), call(kind, joined)];
    model.callAll([rows(1), rows(2)]).forEach((y, i) => {
      expect(difference(y, expected[i] ?? tensor(0))).toBeUndefined();
    });
  });

  test('knows its names, shapes and weights; a shared layer has one set', () => {
    const model = branched();
    expect(model.layerNames).toEqual(['dense', 'concatenate', 'inner', 'add', 'dense_1', 'dense_2']);
    expect([model.inputNames, model.outputNames]).toEqual([
      ['left', 'input'],
      ['score', 'kind'],
    ]);
    expect([model.inputShapes, model.outputShapes]).toEqual([
      [[4], [4]],
      [[1], [2]],
    ]);
    expect([...model.namedVariables.keys()].filter((name) => name.endsWith('kernel'))).toEqual([
      'dense/kernel',
      'inner/kernel',
      'dense_1/kernel',
      'dense_2/kernel',
    ]);
    expect(model.countParams()).toBe(4 * 3 + 3 + 6 * 6 + 6 + 6 + 1 + 12 + 2);
    expect(model.describeLayers().map(({ name, inputs }) => [name, inputs])).toEqual([
      ['dense', ['left', 'input']],
      ['concatenate', ['dense', 'dense']],
      ['inner', ['concatenate']],
      ['add', ['concatenate', 'inner']],
      ['dense_1', ['add']],
      ['dense_2', ['concatenate']],
    ]);
  });

  test('made again from its config, with its weights, gives the same bits', () => {
    const model = branched();
    const config: LayerConfig = JSON.parse(JSON.stringify(model.config()));
    const again = networkFrom(config);
    expect(again.config()).toEqual(model.config());
    again.setWeights(model.getWeights());
    const expected = model.callAll([rows(1), rows(2)]);
    again.callAll([rows(1), rows(2)]).forEach((y, i) => {
      expect(difference(y, expected[i] ?? tensor(0))).toBeUndefined();
    });
    for (const [option, value] of Object.entries({
      layers: 1,
      inputs: [{}],
      calls: [{ layer: 9 }],
      outputs: [{ name: 'a' }],
    })) {
      expect(() => networkFrom({ ...config, [option]: value })).toThrow(
        `layerFrom: every option must have its type; got ${option}`,
      );
    }
  });

  test('is a layer of other graphs, of several inputs and results too', () => {
    const inner = branched();
    const [a, b] = [input([4]), input([4])];
    const [score, kind] = connect(inner, [a, b]);
    if (!score || !kind) throw new Error('no results');
    const outer = new Network(graphBetween([a, b], dense(1)(concatenate()([score, kind]))));
    expect([...outer.namedVariables.keys()]).toContain('branched/inner/kernel');
    expect(outer.callAll([rows(1), rows(2)])[0]?.shape).toEqual([3, 1]);
    const again = networkFrom(JSON.parse(JSON.stringify(outer.config())));
    expect(again.config()).toEqual(outer.config());
    expect(() => inner([a, b])).toThrow(
      'layer: it must have one result to be called; got 2; connect(layer, x) gives all',
    );
  });

  test('shares layers between models: an autoencoder and its two halves', () => {
    const x = input([6]);
    const code = dense(2)(x);
    const encoder = new Network(graphBetween(x, code));
    const decoder = new Sequential([dense(6, { inputShape: [2] })]);
    const both = new Network(graphBetween(x, decoder(encoder(x))));
    expect(both.variables).toHaveLength(4);
    const y = rows(1, 6);
    expect(difference(both.call(y), decoder.call(encoder.call(y)))).toBeUndefined();
  });

  test('takes layers of one’s own, as functions or by connect', () => {
    const doubled = { variables: [], build: (shape: readonly number[]) => shape, call: (x: Tensor) => x.mul(2) };
    const x = input([2]);
    const [y] = connect(doubled, x);
    if (!y) throw new Error('no result');
    const scale = variable(3, { name: 'scale' });
    const scaled = layer({
      kind: 'scaled',
      get variables() {
        return [scale];
      },
      build: (shape: readonly number[]) => shape,
      call: (t: Tensor) => t.mul(scale),
    });
    const model = new Network(graphBetween(x, scaled(y)));
    expect(model.layerNames).toEqual(['layer', 'scaled']);
    expect(model.call([[1, 2]]).toArray()).toEqual([[6, 12]]);
    expect([...model.namedVariables.keys()]).toEqual(['scaled/scale']);
  });

  test('gives the states of recurrent layers on to others', () => {
    const x = input([5, 3]);
    const [, h, c] = connect(lstm(4, { returnState: true }), x);
    if (!h || !c) throw new Error('no states');
    const model = new Network(graphBetween(x, lstm(4)([x, h, c])));
    expect(model.call(randomNormal([2, 5, 3], { seed: 1 })).shape).toEqual([2, 4]);
  });
});

describe('what cannot be is refused:', () => {
  const [a, b] = [input([4]), input([4])];
  test.each([
    [
      'an input that is not given',
      () => graphBetween(a, add()([a, b])),
      'model: all inputs that the outputs need must be given',
    ],
    [
      'an input that nothing needs',
      () => graphBetween([a, b], dense(1)(a)),
      'model: every input must lead to an output; got input 1',
    ],
    ['no inputs', () => graphBetween([], dense(1)(a)), 'model: there must be one or more inputs; got none'],
    ['no layers', () => graphBetween(a, a), 'model: there must be one layer or more between inputs and outputs'],
    [
      'two layers of one name',
      () => graphBetween(a, dense(1, { name: 'x' })(dense(1, { name: 'x' })(a))),
      'model: layers must have different names; got "x" twice',
    ],
    [
      'a shape that is none',
      () => input([2.5]),
      'input: a shape must be of whole numbers ≥ 0, without the batch; got [2.5]',
    ],
    ['several inputs to a layer of one', () => dense(1)([a, b]), 'dense: it must be given one input; got 2'],
    [
      'a tensor where a model is written down',
      () => Reflect.apply(dense(1), undefined, [tensor([[1]])]),
      'dense: it must be called with what input() or a layer gave',
    ],
    ['shapes that do not fit', () => add()([a, input([3])]), 'add: samples must have the same shape'],
    ['a number of inputs', () => branched().callAll([rows(1)]), 'model: there must be 2 inputs; got 1'],
    [
      'rows of another shape',
      () => branched().callAll([rows(1), rows(1, 5)]),
      'model: its input must have the shape [batch, 4]; got [3, 5]',
    ],
    [
      'one result of several',
      () => branched().buildAll([[4], [4]]) && branched().build([4]),
      'model: there must be 2 inputs; got 1',
    ],
    ['a recurrent layer without steps', () => lstm(2)(a), 'lstm: a sample must be [steps, features]; got [4]'],
    [
      'too few states',
      () => lstm(2)([input([3, 2]), input([2])]),
      'lstm: there must be 2 initial states [batch, 2], or none; got [batch, 2]',
    ],
    [
      'a merge that is none',
      () => Reflect.apply(bidirectional, undefined, [lstm(2), { mergeMode: 'max' }]),
      'bidirectional: mergeMode must be one of concat, sum, mul, ave; got "max"',
    ],
    [
      'a layer both ways that goes backwards itself',
      () => bidirectional(lstm(2, { goBackwards: true })),
      'bidirectional: the layer must go forwards, and backwardLayer backwards; got goBackwards: true and false',
    ],
    [
      'layers both ways that go the same way',
      () => bidirectional(lstm(2), { backwardLayer: lstm(2) }),
      'bidirectional: the layer must go forwards, and backwardLayer backwards; got goBackwards: false and false',
    ],
    [
      'layers both ways of unlike results',
      () => bidirectional(lstm(2), { backwardLayer: lstm(2, { goBackwards: true, returnSequences: true }) }),
      'bidirectional: both layers must have the same returnSequences; got false and true',
    ],
    [
      'layers both ways of which one is stateful',
      () => bidirectional(lstm(2), { backwardLayer: lstm(2, { goBackwards: true, stateful: true }) }),
      'bidirectional: both layers must have the same stateful; got false and true',
    ],
    [
      'a shape that does not fill',
      () => reshape([3])(a),
      'reshape: the number of elements of a sample must stay the same; got [4] → [3]',
    ],
    [
      'a dropout of everything',
      () => lstm(2, { dropout: 1 }),
      'lstm: the rate must be at least 0 and less than 1; got 1',
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
    expect(act).toThrow(/^\w+: [^;]+; got .+|^\w+: .*; got/s);
  });

  test('a shape error is one', () => {
    expect(() => add()([a, input([3])])).toThrow(ShapeError);
    expect(() => dropout(2)).toThrow(RangeError);
  });
});
