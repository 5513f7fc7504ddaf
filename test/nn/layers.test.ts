// The laws of layers: what they compute, what they draw, and what they refuse.

import {
  activation,
  activationOf,
  activations,
  dense,
  dropout,
  flatten,
  type Layer,
  l1,
  l1l2,
  l2,
  Sequential,
} from '@treadle/nn';
import {
  compile,
  grad,
  gradients,
  randomNormal,
  randomUniform,
  ShapeError,
  setSeed,
  type Tensor,
  tensor,
} from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { erf, erfc } from '../kernels/math/references.ts';

const u = 2 ** -24;
const inference = { training: false };
const learning = { training: true };

/** A layer built for x, applied to it. */
function apply(layer: Layer, x: Tensor, options = inference): Tensor {
  layer.build(x.shape.slice(1));
  return layer.call(x, options);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const geluInner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const [seluAlpha, seluScale] = [1.6732632423543772, 1.0507009873554805];
interface Scalar {
  value(x: number): number;
  slope(x: number): number;
  /** what the value is a difference of; the value itself by default */
  scale?(x: number): number;
  /** where there is no slope */
  readonly kinks?: readonly number[];
}
const scalars: Record<string, Scalar> = {
  linear: { value: (x) => x, slope: () => 1 },
  sigmoid: { value: sigmoid, slope: (x) => sigmoid(x) * sigmoid(-x) },
  tanh: { value: Math.tanh, slope: (x) => 1 / Math.cosh(x) ** 2 },
  relu: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  leakyRelu: { value: (x) => (x > 0 ? x : 0.2 * x), slope: (x) => (x > 0 ? 1 : 0.2) },
  elu: { value: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  swish: { value: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) * (1 + x * sigmoid(-x)) },
  silu: { value: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) * (1 + x * sigmoid(-x)) },
  hardSigmoid: {
    value: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
    slope: (x) => (x > -3 && x < 3 ? 1 / 6 : 0),
    kinks: [-3, 3],
  },
  relu6: { value: (x) => Math.min(Math.max(x, 0), 6), slope: (x) => (x > 0 && x < 6 ? 1 : 0), kinks: [0, 6] },
  selu: {
    value: (x) => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)),
    slope: (x) => seluScale * (x > 0 ? 1 : seluAlpha * Math.exp(x)),
  },
  gelu: {
    scale: (x) => x,
    value: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
    slope: (x) => (1 + erf(x / Math.SQRT2)) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
  geluTanh: {
    scale: (x) => x,
    value: (x) => (x * (1 + Math.tanh(geluInner(x)))) / 2,
    slope: (x) =>
      (1 + Math.tanh(geluInner(x))) / 2 +
      ((x / 2) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x)) / Math.cosh(geluInner(x)) ** 2,
  },
  mish: {
    value: (x) => x * Math.tanh(softplus(x)),
    slope: (x) => Math.tanh(softplus(x)) + (x * sigmoid(x)) / Math.cosh(softplus(x)) ** 2,
  },
  softplus: { value: softplus, slope: sigmoid },
  softsign: { value: (x) => x / (1 + Math.abs(x)), slope: (x) => 1 / (1 + Math.abs(x)) ** 2 },
};

describe('activations', () => {
  const xs = fc.array(
    fc.integer({ min: -2048, max: 2048 }).map((x) => x / 128),
    { minLength: 1, maxLength: 9 },
  );

  test.each(Object.entries(scalars))(
    '%s is what float64 says, and so is its gradient',
    (name, { value, slope, scale = value, kinks = [] }) => {
      const f = activationOf(name);
      fc.assert(
        fc.property(xs, (x) => {
          const y = f(tensor(x)).data();
          const dx = grad((t) => f(t).sum())(tensor(x)).data();
          x.forEach((xi, i) => {
            // an elementary function (4u) and two roundings; slopes are made of such values and 1, less than 1 + |x| of them
            expect(Math.abs(y[i]! - value(xi))).toBeLessThanOrEqual(6 * u * Math.abs(scale(xi)));
            if (kinks.includes(xi)) return;
            expect(Math.abs(dx[i]! - slope(xi))).toBeLessThanOrEqual(12 * u * (1 + Math.abs(xi)));
          });
        }),
        { numRuns: 25 },
      );
    },
  );

  describe('gelu is right in its left tail, relative to what is left there', () => {
    const anywhere = fc.array(fc.float({ min: -16, max: 16, noNaN: true }), { minLength: 1, maxLength: 9 });
    interface Exact {
      readonly f: (x: Tensor) => Tensor;
      readonly value: (x: number) => readonly [y: number, bound: number];
      readonly slope: (x: number) => readonly [dy: number, bound: number];
    }
    const exactly: Exact = {
      f: (x) => activations.gelu(x),
      // x/√2 is rounded twice, and moves erfc by no more than x² + 1 times as much; erfc has 4u, what it is multiplied by 2u
      value: (x) => {
        const y = (x * erfc(-x / Math.SQRT2)) / 2;
        return [y, (2 * x * x + 10) * u * Math.abs(y)];
      },
      // Φ(x) + x·φ(x): x² has rounded five times, halved, in the exponent; four functions and products more
      slope: (x) => {
        const [whole, density] = [erfc(-x / Math.SQRT2) / 2, Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)];
        const size = whole * (2 * x * x + 12) + Math.abs(x) * density * (2.5 * x * x + 16);
        return [whole + x * density, size * u];
      },
    };
    const approximately: Exact = {
      f: (x) => activations.gelu(x, { approximate: true }),
      // σ(2z): 2z has rounded seven times, which moves σ by 2z times as much at most
      value: (x) => {
        const z = 2 * geluInner(x);
        return [x * sigmoid(z), (7 * Math.abs(z) + 6) * u * Math.abs(x) * sigmoid(z)];
      },
      // σ(2z) + 2xz′·σ(2z)·(1 − σ(2z))
      slope: (x) => {
        const z = 2 * geluInner(x);
        const steep = 2 * x * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
        const [y, rest] = [sigmoid(z), sigmoid(-z)];
        const relative = 7 * Math.abs(z) + 20;
        const size = y * relative + Math.abs(steep) * y * (rest * relative + (Math.abs(z) * rest * 7 + 6) * y);
        return [y + steep * y * rest, size * u];
      },
    };

    test.each(Object.entries({ exactly, approximately }))('%s', (_, { f, value, slope }) => {
      fc.assert(
        fc.property(anywhere, (xs) => {
          const x = xs.map(Math.fround);
          const y = f(tensor(x)).data();
          const dx = grad((t) => f(t).sum())(tensor(x)).data();
          x.forEach((xi, i) => {
            // where a factor is denormal, it is off by 2 of the smallest numbers there are
            const denormal = (2 + 4 * Math.abs(xi) ** 3) * 2 ** -149;
            const [truth, bound] = value(xi);
            expect(Math.abs(y[i]! - truth)).toBeLessThanOrEqual(bound + denormal);
            const [steepness, off] = slope(xi);
            expect(Math.abs(dx[i]! - steepness)).toBeLessThanOrEqual(off + denormal);
          });
        }),
        { numRuns: 200 },
      );
    });
  });

  test('are finite with finite gradients far out', () => {
    for (const name of Object.keys(scalars)) {
      const f = activationOf(name);
      const [y, dx] = [f, grad((t) => f(t).sum())].map((g) => [...g(tensor([-1e4, 0, 1e4])).data()]);
      expect([...y!, ...dx!].every(Number.isFinite), name).toBe(true);
    }
  });

  test('softmax gives rows that sum to 1, larger where the input is', () => {
    const rows = randomNormal([20, 7], { stddev: 5, seed: 1 });
    const p = activations.softmax(rows);
    for (const sum of p.sum(-1).data()) expect(Math.abs(sum - 1)).toBeLessThanOrEqual(7 * 8 * u);
    expect(p.argmax(-1).data()).toEqual(rows.argmax(-1).data());
  });

  test('take their slopes', () => {
    expect(activations.leakyRelu(tensor([-1, 2]), 0.5).toArray()).toEqual([-0.5, 2]);
    expect(activations.elu(tensor([-1e4, 2]), 3).toArray()).toEqual([-3, 2]);
  });

  test('unknown names are refused', () => {
    expect(() => activationOf('rleu')).toThrow(
      /^activation: the name must be one of elu, exponential, .*, tanh; got "rleu"$/,
    );
    expect(() => activationOf('constructor')).toThrow(RangeError);
  });

  test('are layers too, by name or as functions', () => {
    const x = tensor([[-1, 2]]);
    expect(apply(activation('relu'), x).toArray()).toEqual([[0, 2]]);
    expect(
      apply(
        activation((t) => t.square()),
        x,
      ).toArray(),
    ).toEqual([[1, 4]]);
    expect(activation('relu').build([3, 4])).toEqual([3, 4]);
  });
});

describe('dense', () => {
  test('is activation(x·kernel + bias) over the last axis', () => {
    const sizes = fc.record({
      batch: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
      features: fc.integer({ min: 1, max: 6 }),
      units: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ batch, features, units }, useBias) => {
        const layer = dense(units, {
          useBias,
          biasInitializer: (shape) => randomNormal(shape, { seed: 5 }),
          activation: 'relu',
        });
        const x = randomNormal([...batch, features], { seed: 6 });
        const y = apply(layer, x);
        expect(y.shape).toEqual([...batch, units]);
        const [kernel, bias] = layer.variables.map((v) => v.data());
        const [rows, got] = [x.data(), y.data()];
        got.forEach((yi, at) => {
          const [row, j] = [Math.floor(at / units), at % units];
          const terms = Array.from({ length: features }, (_, k) => rows[row * features + k]! * kernel![k * units + j]!);
          if (bias) terms.push(bias[j]!);
          const sum = terms.reduce((a, b) => a + b, 0);
          const magnitude = terms.reduce((a, b) => a + Math.abs(b), 0);
          expect(Math.abs(yi - Math.max(sum, 0))).toBeLessThanOrEqual((features + 1) * u * 1.01 * magnitude); // γ
        });
      }),
      { numRuns: 20 },
    );
  });

  test('has kernel and bias, which the gradient of a loss reaches', () => {
    const layer = dense(3);
    const y = apply(layer, tensor([[1, 2]])).sum();
    expect(layer.variables.map(({ name, shape, trainable }) => [name, shape, trainable])).toEqual([
      ['kernel', [2, 3], true],
      ['bias', [3], true],
    ]);
    expect(layer.variables[1]?.toArray()).toEqual([0, 0, 0]);
    expect(gradients(y, layer.variables).map((g) => g.toArray())).toEqual([
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
      [1, 1, 1],
    ]);
  });

  test('is built once: another build keeps the variables, and refuses another number of features', () => {
    const layer = dense(3);
    expect(layer.build([4])).toEqual([3]);
    const { variables } = layer;
    expect(layer.build([7, 4])).toEqual([7, 3]);
    expect(layer.variables).toEqual(variables);
    expect(() => layer.build([5])).toThrow(ShapeError);
    expect(() => layer.call(tensor([[1, 2, 3, 4, 5]]), inference)).toThrow(
      'dense: the last axis of its input must have 4 features, as when it was built; got [batch, 5]',
    );
  });

  test('may be built while a function is recorded', () => {
    const layer = dense(2, { kernelInitializer: 'ones' });
    const f = compile((x: Tensor) => layer.call(x, inference));
    expect(f(tensor([[1, 2]])).toArray()).toEqual([[3, 3]]);
    layer.variables[1]?.assign([1, 2]);
    expect(f(tensor([[1, 2]])).toArray()).toEqual([[4, 5]]);
  });

  test('exposes the penalty of its kernel', () => {
    const build = (layer: Layer): Layer => {
      layer.build([2]);
      layer.variables[0]?.assign([[1], [-3]]);
      return layer;
    };
    const penalty = (kernelRegularizer: ReturnType<typeof l1>): number[] =>
      build(dense(1, { kernelRegularizer }))
        .losses?.()
        .map((t) => t.item()) ?? [];
    expect(penalty(l1(0.5))).toEqual([2]);
    expect(penalty(l2(0.5))).toEqual([5]);
    expect(penalty(l1l2({ l1: 0.5, l2: 0.5 }))).toEqual([7]);
    expect(penalty(l1l2())).toEqual([0]);
    expect(build(dense(1)).losses?.()).toEqual([]);
    expect(() => l2(-1)).toThrow(RangeError);
  });

  test('refuses units and inputs that cannot be', () => {
    expect(() => dense(0)).toThrow('dense: units must be a whole number ≥ 1; got 0');
    expect(() => dense(1.5)).toThrow(RangeError);
    expect(() => apply(dense(1), tensor([1, 2]))).toThrow(
      'dense: its input must have an axis of features beside the batch',
    );
    expect(() => dense(1).call(tensor(1), inference)).toThrow('dense: the first axis of its input must be the batch');
  });
});

describe('flatten', () => {
  test('makes one axis of all but the batch', () => {
    const x = randomNormal([3, 2, 4, 5], { seed: 1 });
    const y = apply(flatten(), x);
    expect(y.shape).toEqual([3, 40]);
    expect(y.data()).toEqual(x.data());
    expect(apply(flatten(), tensor([1, 2, 3])).shape).toEqual([3, 1]);
    expect(apply(flatten(), randomNormal([0, 2, 3])).shape).toEqual([0, 6]);
  });

  test('refuses samples of another size than it was promised', () => {
    const layer = flatten({ inputShape: [2, 3] });
    expect(() => layer.call(randomNormal([4, 7]), inference)).toThrow(
      'flatten: a sample must have the shape [2, 3]; got [batch, 7]',
    );
  });
});

describe('dropout', () => {
  const ones = tensor(new Float32Array(20_000).fill(1), { shape: [20_000] });

  test('is the identity when not learning, and at a rate of 0', () => {
    const x = randomNormal([5, 6], { seed: 1 });
    expect(apply(dropout(0.5), x, inference)).toBe(x);
    expect(apply(dropout(0), x, learning)).toBe(x);
  });

  test.each([0.1, 0.5, 0.9])('keeps the expectation (rate %s)', (rate) => {
    const y = [...apply(dropout(rate, { seed: 3 }), ones, learning).data()];
    const kept = Math.fround(1 / (1 - rate));
    expect(y.every((x) => x === 0 || x === kept)).toBe(true);
    const mean = y.reduce((a, b) => a + b, 0) / y.length;
    const deviation = Math.sqrt(rate / (1 - rate) / y.length); // of the mean of that many elements
    expect(Math.abs(mean - 1)).toBeLessThanOrEqual(5 * deviation);
  });

  test('draws the same masks after the same setSeed, another each time', () => {
    const draw = (): unknown[] => {
      setSeed(7);
      const layer = dropout(0.5);
      return [1, 2].map(() => apply(layer, ones, learning).data());
    };
    const [first, second] = [draw(), draw()];
    expect(second).toEqual(first);
    expect(first[0]).not.toEqual(first[1]);
  });

  test('with a seed of its own depends on nothing else, compiled or not', () => {
    const draw = (isCompiled: boolean, other: number): unknown[] => {
      setSeed(other);
      const layer = dropout(0.5, { seed: 9 });
      const once = (x: Tensor): Tensor => layer.call(x, learning);
      const f = isCompiled ? compile(once) : once;
      return [1, 2, 3].map(() => {
        randomUniform([3]).realize();
        return f(ones).data();
      });
    };
    const masks = draw(false, 1);
    expect(draw(false, 2)).toEqual(masks);
    expect(draw(true, 3)).toEqual(masks);
    expect(masks[0]).not.toEqual(masks[1]);
    expect(masks[1]).not.toEqual(masks[2]);
  });

  test('the gradient passes where elements were kept', () => {
    const layer = dropout(0.25, { seed: 4 });
    const x = tensor(new Float32Array(64).fill(2));
    let y: Tensor = x;
    const dx = grad((t) => {
      y = layer.call(t, learning);
      return y.sum();
    })(x);
    expect([...dx.data()]).toEqual([...y.data()].map((v) => (v === 0 ? 0 : Math.fround(4 / 3))));
  });

  test('refuses rates and seeds that cannot be', () => {
    expect(() => dropout(1)).toThrow('dropout: the rate must be at least 0 and less than 1; got 1');
    expect(() => dropout(-0.1)).toThrow(RangeError);
    expect(() => dropout(0.5, { seed: -1 })).toThrow(
      'dropout: a seed must be a whole number from 0 to 2³² − 1; got -1',
    );
  });
});

test('a layer of one’s own is an object with build, call and variables', () => {
  const doubled: Layer = { variables: [], build: (shape) => shape, call: (x) => x.mul(2) };
  const model = new Sequential([doubled, dense(1, { kernelInitializer: 'ones' })]);
  expect(model.call([[1, 2]]).toArray()).toEqual([[6]]);
  expect(model.layerNames).toEqual(['layer', 'dense']);
});
