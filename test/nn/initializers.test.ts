// The laws of initializers: the distribution that each promises, as far as a sample of its size can tell, and the same values
// for the same seed.

import { type Initializer, initializerOf, initializers } from '@treadle/nn';
import { type Shape, setSeed } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';

const shape = [300, 200];
const [fanIn, fanOut] = [300, 200];
const n = fanIn * fanOut;

interface Law {
  readonly make: (options: { seed?: number }) => Initializer;
  readonly variance: number;
  /** E(x − μ)⁴ / variance² */
  readonly kurtosis: number;
  /** no value is further from 0 */
  readonly limit: number;
}

const cut = 0.87962566103423978;
/** E x⁴ / (E x²)² of the standard normal distribution cut off at ±a = 2: E x⁴ = 3 − 2φ(a)(a³ + 3a) / P(|x| ≤ a). */
const truncatedKurtosis = (): number => {
  const [density, within] = [Math.exp(-2) / Math.sqrt(2 * Math.PI), 0.9544997361036416];
  return (3 - (2 * density * (2 ** 3 + 3 * 2)) / within) / cut ** 4;
};

const laws: Record<string, Law> = {
  randomNormal: { make: initializers.randomNormal, variance: 0.05 ** 2, kurtosis: 3, limit: 0.05 * 6 },
  truncatedNormal: {
    make: initializers.truncatedNormal,
    variance: (0.05 * cut) ** 2,
    kurtosis: truncatedKurtosis(),
    limit: 0.1,
  },
  randomUniform: { make: initializers.randomUniform, variance: 0.1 ** 2 / 12, kurtosis: 1.8, limit: 0.05 },
  glorotUniform: {
    make: initializers.glorotUniform,
    variance: 2 / (fanIn + fanOut),
    kurtosis: 1.8,
    limit: Math.sqrt(6 / (fanIn + fanOut)),
  },
  glorotNormal: {
    make: initializers.glorotNormal,
    variance: 2 / (fanIn + fanOut),
    kurtosis: truncatedKurtosis(),
    limit: (2 * Math.sqrt(2 / (fanIn + fanOut))) / cut,
  },
  lecunUniform: { make: initializers.lecunUniform, variance: 1 / fanIn, kurtosis: 1.8, limit: Math.sqrt(3 / fanIn) },
  lecunNormal: {
    make: initializers.lecunNormal,
    variance: 1 / fanIn,
    kurtosis: truncatedKurtosis(),
    limit: (2 * Math.sqrt(1 / fanIn)) / cut,
  },
  varianceScaling: {
    make: (seed) =>
      initializers.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'untruncatedNormal', ...seed }),
    variance: 3 / fanOut,
    kurtosis: 3,
    limit: 6 * Math.sqrt(3 / fanOut),
  },
  heUniform: { make: initializers.heUniform, variance: 2 / fanIn, kurtosis: 1.8, limit: Math.sqrt(6 / fanIn) },
  heNormal: {
    make: initializers.heNormal,
    variance: 2 / fanIn,
    kurtosis: truncatedKurtosis(),
    limit: (2 * Math.sqrt(2 / fanIn)) / cut,
  },
};

describe.each(Object.entries(laws))('%s', (name, { make, variance, kurtosis, limit }) => {
  const values = [...make({ seed: 1 })(shape).data()];

  test('has mean 0 and the variance it promises, within five standard deviations of such a sample', () => {
    const mean = values.reduce((a, b) => a + b, 0) / n;
    const spread = values.reduce((a, b) => a + b * b, 0) / n;
    expect(Math.abs(mean)).toBeLessThanOrEqual(5 * Math.sqrt(variance / n));
    expect(Math.abs(spread / variance - 1)).toBeLessThanOrEqual(5 * Math.sqrt((kurtosis - 1) / n));
  });

  test('stays within its limits, and comes near them', () => {
    const furthest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(furthest).toBeLessThanOrEqual(limit * (1 + 2 ** -21));
    expect(furthest).toBeGreaterThan(limit / 2);
  });

  test('gives the same values for the same seed: its own, or that of the sequence', () => {
    expect([...make({ seed: 1 })(shape).data()]).toEqual(values);
    expect([...make({ seed: 2 })(shape).data()]).not.toEqual(values);
    const draw = (): unknown => {
      setSeed(5);
      return [make({})([4, 5]).data(), initializerOf(name)([4, 5]).data()];
    };
    expect(draw()).toEqual(draw());
  });
});

test('the truncated normal is the inverse of its distribution function', () => {
  // P(|x| ≤ t) = erf(t/√2) / erf √2; Kolmogorov and Smirnov: the largest distance is below 1.95/√n in 999 of 1000 samples
  const values = [...initializers.truncatedNormal({ stddev: 1, seed: 3 })(shape).data()]
    .map(Math.abs)
    .sort((a, b) => a - b);
  const steps = 4000;
  // erf by the trapezoidal rule on the density; its error is of the order 1/steps²
  const area = (t: number): number => {
    const f = (x: number): number => Math.exp((-x * x) / 2);
    let sum = (f(0) + f(t)) / 2;
    for (let i = 1; i < steps; i++) sum += f((i * t) / steps);
    return (sum * t) / steps;
  };
  for (let i = 0; i < n; i += 1500) {
    expect(Math.abs((i + 0.5) / n - area(values[i]!) / area(2))).toBeLessThanOrEqual(
      1.95 / Math.sqrt(n) + 1 / steps ** 2,
    );
  }
});

test('fans count the window of a kernel with more than two axes', () => {
  const furthest = (of: Shape): number =>
    [...initializers.heUniform({ seed: 1 })(of).data()].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  for (const [of, fan] of [
    [[3, 3, 16, 40], 144],
    [[2000], 2000],
    [[50, 90], 50],
  ] as const) {
    const limit = Math.sqrt(6 / fan);
    expect(furthest(of)).toBeLessThanOrEqual(limit * (1 + 2 ** -22));
    expect(furthest(of)).toBeGreaterThan(limit * 0.98);
  }
  expect(Math.abs(initializers.heUniform({ seed: 1 })([]).item())).toBeLessThanOrEqual(Math.sqrt(6));
});

test('constants are constant', () => {
  expect(initializers.zeros()([2]).toArray()).toEqual([0, 0]);
  expect(initializers.ones()([2]).toArray()).toEqual([1, 1]);
  expect(initializers.constant(2.5)([1, 2]).toArray()).toEqual([[2.5, 2.5]]);
  expect(initializerOf('constant')([1]).toArray()).toEqual([0]);
  expect(initializerOf(initializers.constant(3))([1]).toArray()).toEqual([3]);
});

test('options shift and stretch', () => {
  const plain = initializers.randomNormal({ seed: 1, stddev: 1 })([9]).data();
  const moved = initializers.randomNormal({ seed: 1, stddev: 2, mean: 3 })([9]).data();
  plain.forEach((x, i) => {
    expect(moved[i]).toBe(Math.fround(2 * x + 3));
  });
  for (const x of initializers.randomUniform({ seed: 1, min: 2, max: 3 })([99]).data()) {
    expect(x).toBeGreaterThanOrEqual(2);
    expect(x).toBeLessThanOrEqual(3);
  }
});

test('unknown names are refused', () => {
  expect(() => initializerOf('xavier')).toThrow('initializer: the name must be one of constant, glorotNormal,');
  expect(() => initializerOf('toString')).toThrow(RangeError);
});

test('the identity has ones on its diagonal', () => {
  expect(initializers.identity({ gain: 2 })([2, 3]).toArray()).toEqual([
    [2, 0, 0],
    [0, 2, 0],
  ]);
  expect(() => initializers.identity()([2])).toThrow('identity: the shape must be that of a matrix; got [2]');
});

test('the orthogonal initializer gives orthonormal rows or columns, to float32, times its gain', () => {
  for (const of of [
    [5, 5],
    [40, 7],
    [7, 40],
    [3, 4, 6],
  ]) {
    const w = initializers
      .orthogonal({ gain: 3, seed: 2 })(of)
      .reshape([-1, of.at(-1) ?? 1]);
    const [rows = 1, columns = 1] = w.shape;
    const product = rows >= columns ? w.matmul(w, { transposeA: true }) : w.matmul(w, { transposeB: true });
    const [size, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    product.data().forEach((value, i) => {
      const expected = Math.floor(i / size) === i % size ? 9 : 0;
      // each of `length` terms was rounded in both factors and summed: γ of length + 2, of Σ|aᵢbᵢ| ≤ 9
      expect(Math.abs(value - expected)).toBeLessThanOrEqual((length + 4) * 2 ** -24 * 9);
    });
  }
  expect(initializers.orthogonal({ seed: 1 })([3, 3]).data()).toEqual(
    initializers.orthogonal({ seed: 1 })([3, 3]).data(),
  );
  expect(() => initializers.orthogonal()([3])).toThrow('orthogonal: the shape must have two axes or more; got [3]');
});

test.each([
  ['glorotUniform', 'linear'],
  ['glorotNormal', 'linear'],
  ['lecunNormal', 'linear'],
  ['heUniform', 'relu'],
  ['heNormal', 'relu'],
] as const)('%s keeps the mean square through 20 %s layers', (name, activation) => {
  const [size, layers] = [256, 20];
  setSeed(11);
  const first = initializers.randomNormal({ stddev: 1 })([64, size]);
  let x = first;
  for (let i = 0; i < layers; i++) {
    const product = x.matmul(initializerOf(name)([size, size]));
    x = activation === 'relu' ? product.relu() : product;
  }
  const ratio = x.square().mean().item() / first.square().mean().item();
  // a layer of n units changes the logarithm of the mean square by a random amount of variance at most 5 / n (that of the square
  // of a rectified normal number, over its mean squared, is 5): four standard deviations of the sum over all layers
  expect(Math.abs(Math.log(ratio))).toBeLessThan(4 * Math.sqrt((layers * 5) / size));
});

test('varianceScaling refuses what it does not know', () => {
  expect(() => initializers.varianceScaling({ scale: 0 })).toThrow('varianceScaling: the scale must be above 0; got 0');
  expect(() => Reflect.apply(initializers.varianceScaling, undefined, [{ mode: 'fan' }])).toThrow(
    'varianceScaling: the mode must be one of fanIn, fanOut, fanAvg; got "fan"',
  );
});
