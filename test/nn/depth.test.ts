// What initializers are for: the size of what passes through many layers neither vanishes nor explodes. Of random weights, the
// mean square after a layer is that before it times a random number of mean 1; the laws allow six times its spread.

import { type ActivationName, activations, dense, type Initializer, initializers } from '@treadle/nn';
import { gradients, randomNormal } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { describe, expect, test } from 'vitest';

const [width, depth] = [512, 20];

/** The mean square of what comes out of 20 layers, over that of what goes in. */
function growth(activation: ActivationName, kernelInitializer: Initializer, units = width): number {
  const layers = Array.from({ length: depth }, (_, i) =>
    dense(units, { activation, kernelInitializer, useBias: false, ...(i === 0 ? { inputShape: [units] } : {}) }),
  );
  const x = randomNormal([32, units], { seed: 5 }).realize();
  return sequential(layers).call(x).square().mean().item() / x.square().mean().item();
}

/**
 * |W·x|² / |x|² is χ² of `width` normal numbers over its mean: of relative variance 2 / width; through relu, (2·relu(z)²) has the
 * variance 5 in place of 2. Logarithms of 20 of them add up.
 */
const spread = (variance: number): number => 6 * Math.sqrt((depth * variance) / width);

describe('through 20 layers', () => {
  test.each(['glorotNormal', 'glorotUniform', 'lecunNormal'] as const)(
    '%s keeps the size of what is linear',
    (name) => {
      expect(Math.abs(Math.log(growth('linear', initializers[name]({ seed: 1 }))))).toBeLessThan(spread(2));
    },
  );

  test.each(['heNormal', 'heUniform'] as const)('%s keeps the size of what goes through relu', (name) => {
    expect(Math.abs(Math.log(growth('relu', initializers[name]({ seed: 2 }))))).toBeLessThan(spread(5));
  });

  test('orthogonal keeps it to rounding', () => {
    expect(growth('linear', initializers.orthogonal({ seed: 3 }), 64)).toBeCloseTo(1, 3);
  });

  test.each([0.5, 2])('weights %d times as large make it vanish or explode by that factor a layer', (times) => {
    const stddev = times / Math.sqrt(width);
    const expected = 2 * depth * Math.log(times);
    const logarithm = Math.log(growth('linear', initializers.randomNormal({ stddev, seed: 4 })));
    expect(Math.abs(logarithm - expected)).toBeLessThan(spread(2));
  });

  test('glorot with relu halves the size at every layer: why relu has an initializer of its own', () => {
    const logarithm = Math.log(growth('relu', initializers.glorotNormal({ seed: 6 })));
    expect(Math.abs(logarithm + depth * Math.LN2)).toBeLessThan(spread(5));
  });

  test('tanh holds what would explode within 1, and passes little of a gradient back', () => {
    const kernelInitializer = initializers.randomNormal({ stddev: 4 / Math.sqrt(width), seed: 7 });
    expect(growth('tanh', kernelInitializer)).toBeLessThan(1.5);
    const z = randomNormal([1000], { stddev: 4, seed: 8 }).realize();
    const [slope] = gradients(activations.tanh(z).sum(), [z]);
    expect(slope!.mean().item()).toBeLessThan(0.3);
  });
});
