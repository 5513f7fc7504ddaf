// The laws of optimizers: each moves as Keras's does, contracts a bowl, and does the same compiled and not.

import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  lion,
  nadam,
  type OptimizerName,
  type OptimizerOptions,
  optimizerByName,
  rmsprop,
  type Schedule,
  sgd,
} from '@treadle/optim';
import {
  compile,
  gradients,
  randomNormal,
  ShapeError,
  type Tensor,
  tensor,
  type Variable,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { optimizerNames, rules } from './rules.ts';
import { add, check, div, exact, type Figure, given, max, mul, sqrt, u } from './running-error.ts';
import type { Particle } from './transcriptions.ts';

const figure = fc.integer({ min: -4096, max: 4096 }).map((x) => x / 256);

describe.each(rules)('$name', ({ make, move, bowlRate = 0.05 }) => {
  test('the first steps are those of Keras’s formula, within what rounding costs', () => {
    const inputs = fc.integer({ min: 1, max: 5 }).chain((n) => {
      const row = fc.array(figure, { minLength: n, maxLength: n });
      return fc.record({ start: row, steps: fc.array(row, { minLength: 1, maxLength: 4 }) });
    });
    const rates = fc.constantFrom(0.5, 0.1, 0.01, 0.001);
    fc.assert(
      fc.property(inputs, rates, ({ start, steps }, rate) => {
        const v = variable(start);
        const optimizer = make(rate);
        const next = move(rate);
        let particles = start.map((x): Particle => ({ x: exact(x), state: [] }));
        steps.forEach((g, t) => {
          optimizer.apply([tensor(g)], [v]);
          particles = particles.map((particle, i) => next(particle, exact(g[i]!), t + 1));
          check(
            v.data(),
            particles.map(({ x }) => x),
            `step ${t + 1}`,
          );
        });
        const state = optimizer.variables.filter(({ name }) => name.endsWith('/0'));
        state.forEach((slot, j) => {
          check(
            slot.data(),
            particles.map((particle) => particle.state[j]!),
            slot.name,
          );
        });
        expect(optimizer.iterations.item()).toBe(steps.length);
      }),
      { numRuns: 30 },
    );
  });

  test('applied in a compiled function it gives the same bits as applied at once', () => {
    const train = (isCompiled: boolean): { losses: number[]; values: unknown[] } => {
      const x = randomNormal([16, 5], { seed: 1 });
      const y = randomNormal([16, 2], { seed: 2 });
      const w1 = variable(randomNormal([5, 7], { seed: 3 }));
      const w2 = variable(randomNormal([7, 2], { seed: 4 }));
      const optimizer = make(0.01);
      const once = (a: Tensor, b: Tensor): Tensor => {
        const loss = a.matmul(w1).tanh().matmul(w2).sub(b).square().mean();
        optimizer.apply(gradients(loss, [w1, w2]), [w1, w2]);
        return loss;
      };
      const step = isCompiled ? compile(once) : once;
      const losses = Array.from({ length: 6 }, () => step(x, y).item());
      return { losses, values: [w1, w2, ...optimizer.variables].map((v) => v.data()) };
    };
    const [eager, compiled] = [train(false), train(true)];
    expect(compiled).toEqual(eager);
    expect(new Set(eager.losses).size).toBe(6);
  });

  test('many steps bring a bowl’s bottom nearer', () => {
    const v = variable([3, -2, 1]);
    const curvature = tensor([1, 0.5, 2]);
    const optimizer = make(bowlRate);
    const bowl = (): Tensor => v.square().mul(curvature).sum().mul(0.5);
    const step = compile(() => {
      optimizer.apply(gradients(bowl(), [v]), [v]);
    });
    const before = bowl().item();
    for (let i = 0; i < 200; i++) step();
    expect(bowl().item()).toBeLessThan(before / 100);
  });
});

test('gradient descent contracts each axis of a bowl by |1 − ηλ|', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 4 }),
      figure,
      (curvatures, start) => {
        const lambda = curvatures.map((c) => c / 16);
        const rate = 1.5 / Math.max(...lambda);
        const v = variable(lambda.map(() => start));
        const optimizer = sgd(rate);
        let largest = lambda.map(() => Math.abs(start));
        for (let i = 0; i < 5; i++) {
          optimizer.apply(gradients(v.square().mul(tensor(lambda)).sum().mul(0.5), [v]), [v]);
          // the rate, the gradient's products, the step and the difference are rounded
          largest = largest.map((x, j) => x * (Math.abs(1 - rate * lambda[j]!) + u * (1 + 8 * rate * lambda[j]!)));
          v.data().forEach((x, j) => {
            expect(Math.abs(x)).toBeLessThanOrEqual(largest[j]! * (1 + 2 * u));
          });
        }
      },
    ),
    { numRuns: 20 },
  );
});

describe('the learning rate', () => {
  test('can be assigned between the runs of a compiled step', () => {
    const v = variable([0]);
    const optimizer = sgd(0.5);
    const step = compile((g: Tensor) => {
      optimizer.apply([g], [v]);
    });
    const one = tensor([1]);
    step(one);
    expect(v.item()).toBe(-0.5);
    optimizer.learningRate.assign(0.25);
    step(one);
    expect(v.item()).toBe(-0.75);
  });

  test('follows its schedule, and is that of the latest step', () => {
    const halves: Schedule = (step) => tensor(1).div(step.add(1)); // 1, 1/2, 1/3, …
    const v = variable([0]);
    const optimizer = sgd(halves);
    expect(optimizer.learningRate.item()).toBe(1);
    const step = compile((g: Tensor) => {
      optimizer.apply([g], [v]);
    });
    const rates = [1, 2, 3, 4].map(() => {
      step(tensor([1]));
      return optimizer.learningRate.item();
    });
    expect(rates).toEqual([1, 1 / 2, Math.fround(1 / 3), 1 / 4]);
  });
});

test('the shared figures of a step are computed once, and each variable has a state of its own', () => {
  const [a, b] = [variable([1, 2]), variable([[1], [2]])];
  const together = adam(0.1);
  together.apply([tensor([1, -1]), tensor([[1], [-1]])], [a, b]);
  together.apply([tensor([0.5, 3]), tensor([[0.5], [3]])], [a, b]);
  expect([...b.data()]).toEqual([...a.data()]);
  const alone = variable([1, 2]);
  const single = adam(0.1);
  single.apply([tensor([1, -1])], [alone]);
  single.apply([tensor([0.5, 3])], [alone]);
  expect(alone.data()).toEqual(a.data());
  expect(together.variables.map(({ name, shape }) => [name, shape])).toEqual([
    ['iterations', []],
    ['learningRate', []],
    ['mean/0', [2]],
    ['meanSquare/0', [2]],
    ['mean/1', [2, 1]],
    ['meanSquare/1', [2, 1]],
  ]);
  expect(together.variables.some(({ trainable }) => trainable)).toBe(false);
});

describe('clipping', () => {
  const gradient = fc.array(figure, { minLength: 1, maxLength: 5 });

  /** What moved where the rate is 1 and everything begins at 0: −g, clipped. */
  function moves(options: OptimizerOptions, gs: readonly (readonly number[])[]): number[][] {
    const variables = gs.map((g) => variable(g.map(() => 0)));
    sgd(1, options).apply(
      gs.map((g) => tensor([...g])),
      variables,
    );
    return variables.map((v) => [...v.data()].map((x) => 0 - x));
  }

  const squares = (g: readonly number[]): Figure => g.reduce((sum, x) => add(sum, mul(exact(x), exact(x))), exact(0));
  const shortened = (g: readonly number[], normSquare: Figure, bound: number): Figure[] => {
    const factor = mul(div(exact(1), max(sqrt(normSquare), given(bound))), given(bound));
    return g.map((x) => mul(exact(x), factor));
  };

  test('by value keeps every element within the bound', () => {
    fc.assert(
      fc.property(gradient, fc.constantFrom(0.5, 2), (g, bound) => {
        expect(moves({ clipValue: bound }, [g])).toEqual([g.map((x) => Math.max(-bound, Math.min(bound, x)) + 0)]);
      }),
      { numRuns: 20 },
    );
  });

  test('by norm shortens each gradient, by the global norm all of them by the same factor', () => {
    fc.assert(
      fc.property(gradient, gradient, fc.constantFrom(0.5, 8, 1e6), (a, b, bound) => {
        const [each = [], other = []] = moves({ clipNorm: bound }, [a, b]);
        check(each, shortened(a, squares(a), bound), 'clipNorm of the first');
        check(other, shortened(b, squares(b), bound), 'clipNorm of the second');
        const all = add(squares(a), squares(b));
        const [first = [], second = []] = moves({ globalClipNorm: bound }, [a, b]);
        check(first, shortened(a, all, bound), 'globalClipNorm of the first');
        check(second, shortened(b, all, bound), 'globalClipNorm of the second');
      }),
      { numRuns: 20 },
    );
  });

  test('of nothing clips nothing', () => {
    sgd(1, { globalClipNorm: 1 }).apply([], []);
    expect(moves({ clipNorm: 1 }, [[0, 0]])).toEqual([[0, 0]]);
  });
});

test('averages of the weights forget by emaMomentum, and finalize makes them the weights', () => {
  fc.assert(
    fc.property(figure, fc.array(figure, { minLength: 1, maxLength: 4 }), (start, gs) => {
      const v = variable([start]);
      const optimizer = sgd(0.5, { emaMomentum: 0.75 });
      let average = exact(start);
      let x = exact(start);
      for (const g of gs) {
        optimizer.apply([tensor([g])], [v]);
        x = exact(x.value - g / 2);
        average = add(mul(average, exact(0.75)), mul(x, exact(0.25)));
      }
      expect(v.item()).toBe(x.value);
      optimizer.finalize([v, variable([1])]);
      check(v.data(), [average], 'average');
    }),
    { numRuns: 20 },
  );
});

test('without averages finalize changes nothing', () => {
  const v = variable([1]);
  const optimizer = sgd(0.5);
  optimizer.apply([tensor([1])], [v]);
  optimizer.finalize([v]);
  expect(v.item()).toBe(0.5);
});

test.each(['sgd', 'adam', 'adamW', 'nadam', 'lion'] satisfies OptimizerName[])(
  'a variable scaled by rateScale moves in %s as at a learning rate that many times larger',
  (name) => {
    const make = { sgd, adam, adamW, nadam, lion }[name];
    const begin = (): Variable => variable([1, -2]);
    const [slow, fast, still, alone] = [begin(), begin(), begin(), begin()];
    const scales = new Map([
      [slow, 1],
      [fast, 4],
      [still, 0],
    ]);
    const together = make(1 / 64, { rateScale: (v) => scales.get(v) ?? 1 });
    const single = make(1 / 16);
    for (const g of [
      [1, 2],
      [-3, 0.5],
    ]) {
      together.apply([tensor(g), tensor(g), tensor(g)], [slow, fast, still]);
      single.apply([tensor(g)], [alone]);
    }
    expect(fast.data()).toEqual(alone.data());
    expect(slow.data()).not.toEqual(alone.data());
    expect([...still.data()]).toEqual([1, -2]);
  },
);

test('adam without an epsilon does not feel gradients scaled by a power of two', () => {
  fc.assert(
    fc.property(fc.array(figure, { minLength: 1, maxLength: 4 }), fc.integer({ min: -12, max: 12 }), (gs, power) => {
      const [plain, scaled] = [variable([1]), variable([1])];
      const [one, other] = [adam(0.125, { epsilon: 0 }), adam(0.125, { epsilon: 0 })];
      for (const g of gs.filter((x) => x !== 0)) {
        one.apply([tensor([g])], [plain]);
        other.apply([tensor([g * 2 ** power])], [scaled]);
      }
      expect(scaled.item()).toBe(plain.item());
    }),
    { numRuns: 30 },
  );
});

test('adamW’s decay is decoupled: without gradients weights shrink by 1 − ηλ, whatever their means hold', () => {
  const [v, w] = [variable([1]), variable([1])];
  const [coupled, decoupled] = [adam(0.5), adamW(0.5, { weightDecay: 0.25 })];
  for (let i = 1; i <= 4; i++) {
    decoupled.apply([tensor([0])], [v]);
    coupled.apply([tensor([0])], [w]);
    expect([v.item(), w.item()]).toEqual([0.875 ** i, 1]);
  }
});

test('a tensor computed from a variable before a step goes on seeing the old value', () => {
  const v = variable([1, 2]);
  const double = v.mul(2);
  sgd(1).apply([tensor([1, 1])], [v]);
  expect(v.toArray()).toEqual([0, 1]);
  expect(double.toArray()).toEqual([2, 4]);
});

test('what does not fit is refused', () => {
  const v = variable([1, 2], { name: 'w' });
  const step = (given: readonly Tensor[], variables: readonly Variable[]) => () => sgd().apply(given, variables);
  expect(step([], [v])).toThrow(RangeError);
  expect(step([], [v])).toThrow('sgd: there must be a gradient for each variable; got 0 for 1');
  expect(step([tensor([1])], [v])).toThrow(ShapeError);
  expect(step([tensor([1])], [v])).toThrow('sgd: a gradient must have its variable’s shape; got [1] for w [2]');
  expect(step([tensor([1])], [variable([[1]])])).toThrow('for variable 0 [1, 1]');
  expect(() => sgd(-1)).toThrow('sgd: the learning rate must be a finite number ≥ 0; got -1');
  expect(() => adam(Number.NaN)).toThrow(RangeError);
  expect(() => sgd(0.1, { momentum: 1 })).toThrow('sgd: momentum must be at least 0 and less than 1; got 1');
  expect(() => sgd(0.1, { weightDecay: -1 })).toThrow(RangeError);
  expect(() => adam(0.1, { beta1: 1 })).toThrow('adam: beta1 must be above 0 and below 1; got 1');
  expect(() => adam(0.1, { beta2: 0 })).toThrow(RangeError);
  expect(() => adam(0.1, { epsilon: -1 })).toThrow(RangeError);
  expect(() => sgd(0.1, { decay: -1 })).toThrow('sgd: decay must be a number ≥ 0; got -1');
  expect(() => sgd((step) => step, { decay: 0.1 })).toThrow('beside a schedule');
  expect(() => sgd(0.1, { clipNorm: 0 })).toThrow('sgd: clipNorm must be above 0; got 0');
  expect(() => adam(0.1, { clipNorm: 1, clipValue: 1 })).toThrow(
    'adam: gradients are clipped in one way; got clipValue and clipNorm',
  );
  expect(() => adam(0.1, { emaMomentum: 1 })).toThrow('adam: emaMomentum must be at least 0 and less than 1; got 1');
  const infinite = sgd(0.1, { rateScale: () => Number.POSITIVE_INFINITY });
  expect(() => infinite.apply([tensor([1, 2])], [v])).toThrow('sgd: rateScale must give a finite number ≥ 0');
  expect(() => rmsprop(0.1, { rho: 1 })).toThrow('rmsprop: rho must be above 0 and below 1; got 1');
  expect(() => rmsprop(0.1, { momentum: 1 })).toThrow('rmsprop: momentum must be at least 0 and less than 1; got 1');
  expect(() => adagrad(0.1, { initialAccumulatorValue: -1 })).toThrow(
    'adagrad: initialAccumulatorValue must be a number ≥ 0; got -1',
  );
  expect(() => adadelta(0.1, { epsilon: -1 })).toThrow(RangeError);
  expect(() => adamax(0.1, { beta1: 1 })).toThrow(RangeError);
  expect(() => nadam(0.1, { beta2: 1 })).toThrow(RangeError);
  expect(() => lion(0.1, { beta1: 0 })).toThrow(RangeError);
  expect(() => optimizerByName('lamb')).toThrow(
    /^optimizer: the name must be one of adadelta, adagrad, adam, .*sgd.*; got "lamb"$/,
  );
  expect(() => optimizerByName('valueOf')).toThrow(RangeError);
});

test('names give optimizers with Keras’s defaults', () => {
  for (const name of optimizerNames) {
    const made = optimizerByName(name);
    expect([made.name, made.learningRate.item()]).toEqual([name, Math.fround(name === 'sgd' ? 0.01 : 0.001)]);
  }
});
