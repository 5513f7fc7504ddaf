// The laws of optimizers: each moves as Keras's does, contracts a bowl, and does the same compiled and not.

import { adam, exponentialDecay, type Optimizer, optimizerByName, type Schedule, sgd } from '@treadle/optim';
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
import { check, exact, exp, given, mul, u } from './running-error.ts';
import { adamMove, type Move, type Particle, sgdMove } from './transcriptions.ts';

const figure = fc.integer({ min: -4096, max: 4096 }).map((x) => x / 256);

interface Rule {
  readonly name: string;
  readonly make: (rate: number) => Optimizer;
  readonly move: (rate: number) => Move;
}

const rules: readonly Rule[] = [
  { name: 'sgd', make: (rate) => sgd(rate), move: (rate) => sgdMove(rate) },
  { name: 'sgd with momentum', make: (rate) => sgd(rate, { momentum: 0.9 }), move: (rate) => sgdMove(rate, 0.9) },
  {
    name: 'sgd with Nesterov’s momentum',
    make: (rate) => sgd(rate, { momentum: 0.8, nesterov: true }),
    move: (rate) => sgdMove(rate, 0.8, true),
  },
  {
    name: 'sgd with momentum and decay',
    make: (rate) => sgd(rate, { momentum: 0.5, weightDecay: 0.1 }),
    move: (rate) => sgdMove(rate, 0.5, false, 0.1),
  },
  {
    name: 'sgd with decay',
    make: (rate) => sgd(rate, { weightDecay: 0.1 }),
    move: (rate) => sgdMove(rate, 0, false, 0.1),
  },
  { name: 'adam', make: (rate) => adam(rate), move: (rate) => adamMove(rate, 0.9, 0.999, 1e-7) },
  {
    name: 'adam with options',
    make: (rate) => adam(rate, { beta1: 0.5, beta2: 0.75, epsilon: 0.125 }),
    move: (rate) => adamMove(rate, 0.5, 0.75, 0.125),
  },
];

describe.each(rules)('$name', ({ make, move }) => {
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
        const state = optimizer.variables.slice(2);
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
    const optimizer = make(0.05);
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

  test('decays by its rate in every so many steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 1000 }), (step, period) => {
        const smooth = exponentialDecay(0.1, period, 0.5)(tensor(step)).item();
        const periods = mul({ value: step / period, error: (u * step) / period }, given(Math.log(0.5)));
        check([smooth], [mul(exp(periods), given(0.1))], 'smooth');
        const stairs = exponentialDecay(0.1, period, 0.5, { staircase: true })(tensor(step)).item();
        const floor = mul(exact(Math.floor(step / period)), given(Math.log(0.5)));
        check([stairs], [mul(exp(floor), given(0.1))], 'staircase');
      }),
      { numRuns: 50 },
    );
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
  expect(() => exponentialDecay(0.1, 0, 0.5)).toThrow(RangeError);
  expect(() => optimizerByName('lamb')).toThrow('optimizer: the name must be one of sgd, adam; got "lamb"');
  expect(() => optimizerByName('valueOf')).toThrow(RangeError);
});

test('names give optimizers with Keras’s defaults', () => {
  expect(
    [optimizerByName('sgd'), optimizerByName('adam')].map(({ name, learningRate }) => [name, learningRate.item()]),
  ).toEqual([
    ['sgd', Math.fround(0.01)],
    ['adam', Math.fround(0.001)],
  ]);
});
