// The laws of schedules: each hits the rates its formula states, at every step and within what rounding costs; and the edges are
// where they are said to be.

import {
  cosineDecay,
  cosineDecayRestarts,
  cyclicRate,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
  type Schedule,
  sgd,
  stepDecay,
  warmup,
} from '@treadle/optim';
import { compile, type Tensor, tensor, variable } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, check, cos, div, exact, exp, type Figure, given, mul, sub } from './running-error.ts';

const one = exact(1);
const steps = fc.integer({ min: 0, max: 5000 });
const periods = fc.integer({ min: 1, max: 1000 });
const runs = { numRuns: 40 };

const rateAt = (schedule: Schedule, step: number): number => schedule(tensor(step)).item();
/** t / n, which the engine rounds once */
const part = (t: number, n: number): Figure => div(exact(t), exact(n));
const limited = (x: Figure): Figure => ({ ...x, value: Math.min(1, x.value) });
/** a·(1 + cos πt) + b */
const wave = (t: Figure, a: number, b: number): Figure =>
  add(mul(add(cos(mul(t, given(Math.PI))), one), given(a)), given(b));

describe('exponentialDecay, stepDecay', () => {
  test('fall by their rate in every decaySteps steps', () => {
    fc.assert(
      fc.property(steps, periods, (step, n) => {
        const power = (periods: Figure, rate: number): Figure => exp(mul(periods, given(Math.log(rate))));
        check([rateAt(exponentialDecay(0.1, n, 0.5), step)], [mul(power(part(step, n), 0.5), given(0.1))], 'smooth');
        const floor = exact(Math.floor(step / n));
        const stairs = exponentialDecay(0.1, n, 0.5, { staircase: true });
        check([rateAt(stairs, step)], [mul(power(floor, 0.5), given(0.1))], 'staircase');
        check([rateAt(stepDecay(0.1, n), step)], [mul(power(floor, 0.1), given(0.1))], 'step');
      }),
      runs,
    );
  });
});

test('inverseTimeDecay falls as the reciprocal of time', () => {
  fc.assert(
    fc.property(steps, periods, fc.constantFrom(0, 0.5, 3), (step, n, rate) => {
      const at = (time: Figure): Figure => mul(div(one, add(mul(time, given(rate)), one)), given(0.1));
      check([rateAt(inverseTimeDecay(0.1, n, rate), step)], [at(part(step, n))], 'smooth');
      const stairs = inverseTimeDecay(0.1, n, rate, { staircase: true });
      check([rateAt(stairs, step)], [at(exact(Math.floor(step / n)))], 'staircase');
    }),
    runs,
  );
});

describe('polynomialDecay', () => {
  const falling = (left: Figure): Figure => add(mul(left, given(0.5 - 0.125)), given(0.125));

  test('of the first power is a straight line to the end rate, where it stays', () => {
    fc.assert(
      fc.property(steps, periods, (step, n) => {
        const left = sub(one, limited(part(step, n)));
        const got = rateAt(polynomialDecay(0.5, n, { endRate: 0.125 }), step);
        // the power of 1 is the engine's, to an ulp
        check([got], [falling({ ...left, error: left.error + 2 ** -23 * left.value })], 'line');
        if (step >= n) expect(got).toBe(0.125);
      }),
      runs,
    );
  });

  test('of the second power begins at the initial rate and is a parabola', () => {
    const schedule = polynomialDecay(0.5, 8, { endRate: 0, power: 2 });
    expect([0, 2, 4, 6, 8, 9].map((step) => rateAt(schedule, step))).toEqual(
      [1, 9 / 16, 1 / 4, 1 / 16, 0, 0].map((x) => x / 2),
    );
  });

  test('in cycles rises again, for longer each time', () => {
    const schedule = polynomialDecay(1, 4, { endRate: 0, cycle: true });
    expect([0, 1, 4, 5, 6, 8, 9, 12].map((step) => rateAt(schedule, step))).toEqual(
      [1, 3 / 4, 0, 3 / 8, 2 / 8, 0, 3 / 12, 0].map(Math.fround),
    );
  });
});

describe('cosineDecay', () => {
  test('falls along half a cosine to its share, and stays there', () => {
    fc.assert(
      fc.property(steps, periods, fc.constantFrom(0, 0.25), (step, n, alpha) => {
        const t = limited(part(step, n));
        const expected = mul(wave(t, (1 - alpha) / 2, alpha), given(0.1));
        check([rateAt(cosineDecay(0.1, n, { alpha }), step)], [expected], 'cosine');
      }),
      runs,
    );
  });

  test('after a warm-up in a straight line', () => {
    const schedule = cosineDecay(0, 8, { warmupTarget: 0.5, warmupSteps: 4 });
    expect([0, 1, 2, 3, 4].map((step) => rateAt(schedule, step))).toEqual([0, 0.125, 0.25, 0.375, 0.5]);
    check([rateAt(schedule, 8)], [mul(wave(exact(0.5), 0.5, 0), exact(0.5))], 'half way down');
    check(
      [rateAt(schedule, 12), rateAt(schedule, 99)],
      [exact(0), exact(0)].map((x) => ({ ...x, error: 2 ** -20 })),
      'end',
    );
  });
});

describe('cosineDecayRestarts', () => {
  test.each([1, 2, 3])('starts again after periods each %i times as long as the last', (tMul) => {
    const first = 8;
    const schedule = cosineDecayRestarts(0.5, first, { tMul, mMul: 0.5 });
    let begin = 0;
    for (let i = 0; i < 5; i++) {
      const length = first * tMul ** i;
      const factor = exp(mul(exact(i), given(Math.log(0.5))));
      for (const passed of [0, 1, Math.floor(length / 2), length - 1]) {
        const fall = wave(part(passed, length), 0.5, 0);
        check([rateAt(schedule, begin + passed)], [mul(mul(fall, factor), given(0.5))], `period ${i}, step ${passed}`);
      }
      begin += length;
    }
  });
});

test('piecewiseConstantDecay holds each value up to and with its boundary', () => {
  const schedule = piecewiseConstantDecay([2, 5], [1, 0.5, 0.25]);
  expect([0, 2, 3, 5, 6, 1000].map((step) => rateAt(schedule, step))).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  expect(rateAt(piecewiseConstantDecay([], [3]), 7)).toBe(3);
});

describe('cyclicRate', () => {
  test('rises and falls in straight lines between its two rates', () => {
    const schedule = cyclicRate(0, 1, 4);
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16].map((step) => rateAt(schedule, step))).toEqual([
      0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 1, 0,
    ]);
  });

  test('with halved or fading peaks', () => {
    const halves = cyclicRate(0.5, 1.5, 4, { mode: 'triangular2' });
    const peaks = [0, 1, 2].map((cycle) => rateAt(halves, 4 + 8 * cycle));
    check(
      peaks,
      [0, 1, 2].map((c) => add(exp(mul(exact(c), given(-Math.LN2))), exact(0.5))),
      'triangular2',
    );
    const fading = cyclicRate(0, 1, 4, { mode: 'expRange', gamma: 0.5 });
    check([rateAt(fading, 4)], [exp(mul(exact(4), given(Math.log(0.5))))], 'expRange');
  });
});

test('oneCycle rises to its peak and falls to almost nothing', () => {
  const schedule = oneCycle(0.5, 100, { riseShare: 0.25, divFactor: 10, finalDivFactor: 100 });
  const [first, last] = [0.05, 0.0005];
  const up = (t: Figure): Figure =>
    add(mul(sub(one, cos(mul(t, given(Math.PI)))), given((0.5 - first) / 2)), given(first));
  const down = (t: Figure): Figure => wave(t, (0.5 - last) / 2, last);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), (step) => {
      const expected = step < 25 ? up(part(step, 25)) : down(part(step - 25, 75));
      check([rateAt(schedule, step)], [expected], `step ${step}`);
    }),
    runs,
  );
  expect(rateAt(schedule, 500)).toBe(rateAt(schedule, 100));
});

test('warmup leads to a rate or a schedule in a straight line', () => {
  expect([0, 1, 3, 4, 9].map((step) => rateAt(warmup(0.5, 4), step))).toEqual([0.125, 0.25, 0.5, 0.5, 0.5]);
  const halves: Schedule = (step) => step.add(1).reciprocal();
  fc.assert(
    fc.property(steps, (step) => {
      expect(rateAt(warmup(halves, 1), step)).toBe(rateAt(halves, step));
    }),
    runs,
  );
});

test('every schedule is part of a compiled step, and needs no new plan as time passes', () => {
  const schedules: readonly Schedule[] = [
    exponentialDecay(0.1, 3, 0.5),
    inverseTimeDecay(0.1, 3, 0.5),
    polynomialDecay(0.1, 3, { cycle: true }),
    cosineDecay(0.1, 3, { warmupTarget: 0.2, warmupSteps: 2 }),
    cosineDecayRestarts(0.1, 2),
    piecewiseConstantDecay([1, 2], [3, 2, 1]),
    cyclicRate(0.1, 0.2, 2, { mode: 'triangular2' }),
    oneCycle(0.1, 5),
    warmup(cosineDecay(0.1, 5), 2),
  ];
  for (const schedule of schedules) {
    const v = variable([0]);
    const optimizer = sgd(schedule);
    let recorded = 0;
    const step = compile((g: Tensor) => {
      recorded++;
      optimizer.apply([g], [v]);
    });
    for (let t = 0; t < 6; t++) {
      step(tensor([1]));
      expect(optimizer.learningRate.item()).toBe(rateAt(schedule, t));
    }
    expect(recorded).toBe(1);
  }
});

test('figures out of range are refused', () => {
  expect(() => exponentialDecay(0.1, 0, 0.5)).toThrow('exponentialDecay: decaySteps must be a number above 0; got 0');
  expect(() => stepDecay(0.1, 0)).toThrow(RangeError);
  expect(() => inverseTimeDecay(0.1, 1, -1)).toThrow('inverseTimeDecay: decayRate must be a finite number ≥ 0; got -1');
  expect(() => polynomialDecay(0.1, 1, { power: Number.NaN })).toThrow(RangeError);
  expect(() => cosineDecay(0.1, -1)).toThrow(RangeError);
  expect(() => cosineDecayRestarts(0.1, 1, { tMul: 0.5 })).toThrow(
    'cosineDecayRestarts: tMul must be 1 or more; got 0.5',
  );
  expect(() => piecewiseConstantDecay([1], [1])).toThrow('there must be one value more than boundaries; got 1 for 1');
  expect(() => piecewiseConstantDecay([2, 2], [1, 2, 3])).toThrow(
    'piecewiseConstantDecay: boundaries must rise; got 2, 2',
  );
  // @ts-expect-error: the type forbids it
  expect(() => cyclicRate(0, 1, 1, { mode: 'square' })).toThrow('mode must be triangular, triangular2 or expRange');
  expect(() => oneCycle(0.1, 10, { riseShare: 1 })).toThrow('oneCycle: riseShare must be above 0 and below 1; got 1');
  expect(() => warmup(0.1, 0)).toThrow(RangeError);
});
