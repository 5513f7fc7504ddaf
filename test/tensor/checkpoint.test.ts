// checkpoint: the bits that there are without it, in less memory, for one more forward pass.

import {
  checkpoint,
  compile,
  explain,
  grad,
  gradients,
  randomNormal,
  randomUniform,
  setSeed,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
} from '@treadle/tensor';
import { describe, expect, test } from 'vitest';

const x = randomNormal([6, 5], { seed: 1 });
const weights = randomNormal([5, 5], { seed: 2 });
const rows = tensor([2, 0, 2], { dtype: 'int32' });

/** [6, 5] or fewer rows → one tensor, by ops whose gradients read operands, results, both or neither. */
const functions: Record<string, (x: Tensor) => Tensor> = {
  'a layer': (x) => x.matmul(weights).relu(),
  layers: (x) => x.matmul(weights).tanh().matmul(weights).sigmoid().matmul(weights),
  'a residual layer': (x) => x.matmul(weights).relu().add(x),
  'softmax of products with itself': (x) => x.matmul(x, { transposeB: true }).softmax().matmul(x),
  'a normalized row': (x) => x.sub(x.mean(1, { keepDims: true })).div(x.std(1, { keepDims: true })),
  'rows picked, in another order': (x) => x.gather(rows).flip(0).pad([[1, 0], [0, 0]]).exp(), // biome-ignore format: widths
  'extremes and masks': (x) => x.max(1, { keepDims: true }).sub(x).maximum(0.5).mul(x.greater(0).cast('float32')),
  'a scalar': (x) => x.square().sum(),
  'the argument itself': (x) => x,
  'a constant': () => weights.exp(),
  'one in another': (x) => checkpoint((t: Tensor) => t.matmul(weights).tanh())(x.sin()).matmul(weights),
};

describe.each(Object.entries(functions))('%s', (_, f) => {
  const loss = (g: (x: Tensor) => Tensor) => (t: Tensor) => g(t.mul(2)).square().mean();

  test('has the same value and gradient, bit for bit, compiled or not', () => {
    const [value, gradient] = valueAndGrad(loss(f))(x);
    for (const run of [valueAndGrad(loss(checkpoint(f))), compile(valueAndGrad(loss(checkpoint(f))))]) {
      const [again, gradientAgain] = run(x);
      expect(again.data()).toEqual(value.data());
      expect(gradientAgain.data()).toEqual(gradient.data());
    }
  });
});

/** Of small whole numbers: whatever the order of sums, float32 is exact. */
const integers = randomUniform([6, 5], { min: -2, max: 3, seed: 4 }).floor();
const signs = randomUniform([5, 5], { min: -1, max: 2, seed: 5 }).floor();
const exact: Record<string, (x: Tensor) => Tensor> = {
  layers: (x) => x.matmul(signs).relu().matmul(signs),
  'a cubic residual': (x) => x.mul(x).mul(x).sub(x),
  'products with itself, transposed': (x) => x.matmul(x, { transposeB: true }).transpose().matmul(x),
  'rows picked twice': (x) => x.gather(rows).square().flip(0),
  'one in another': (x) => checkpoint((t: Tensor) => t.matmul(signs).square())(x.mul(2)).matmul(signs),
};

test.each(Object.entries(exact))('%s: second derivatives are the same', (_, f) => {
  const second = (g: (x: Tensor) => Tensor): unknown =>
    grad((t: Tensor) =>
      grad((s: Tensor) => g(s).mul(s.sum()).sum())(t)
        .square()
        .sum(),
    )(integers).data();
  expect(second(checkpoint(f))).toEqual(second(f));
  expect(Math.max(...(second(f) as Float32Array).map(Math.abs))).toBeLessThan(2 ** 24);
  expect(second(f)).not.toEqual(new Float32Array(30));
});

test('gradients reach variables, values computed from them, and arguments in structures', () => {
  const w = variable(weights);
  const half = w.mul(0.5);
  const f = ({ pair: [a, b] }: { pair: readonly [Tensor, Tensor] }, scale: number): Tensor =>
    a.matmul(w).add(b.matmul(half)).mul(scale).tanh();
  const ask = (g: typeof f): readonly Tensor[] => gradients(g({ pair: [x, x.neg()] }, 3).sum(), [w, half, x]);
  const got = ask(checkpoint(f)).map((t) => t.data());
  expect(got).toEqual(ask(f).map((t) => t.data()));
  expect(got.every((values) => values.some((value) => value !== 0))).toBe(true);
});

test('a value that was read in between is computed again in the gradient', () => {
  const f = (t: Tensor): Tensor => {
    const h = t.matmul(weights).tanh();
    h.data();
    return h.square();
  };
  const ask = (g: typeof f): unknown => grad((t: Tensor) => g(t).sum())(x).data();
  expect(ask(checkpoint(f))).toEqual(ask(f));
});

test('random numbers drawn inside are the same the second time', () => {
  const dropped = (t: Tensor): Tensor =>
    t
      .matmul(weights)
      .mul(randomUniform([6, 5]).less(0.5).cast('float32'))
      .tanh();
  const run = (g: typeof dropped): unknown[] => {
    setSeed(7);
    const step = compile(grad((t: Tensor) => g(t).sum()));
    return [step(x).data(), step(x).data()];
  };
  const [first, second] = run(checkpoint(dropped));
  expect([first, second]).toEqual(run(dropped));
  expect(first).not.toEqual(second);
});

describe('a network of 36 layers', () => {
  const depth = 36;
  const wide = 32;
  const batch = randomNormal([128, wide], { seed: 3 });
  const makeWeights = (): readonly Variable[] =>
    Array.from({ length: depth }, (_, i) => variable(randomNormal([wide, wide], { stddev: 0.25, seed: i })));

  /** A training step, in so many checkpoints; 0: without any. */
  const stepOf =
    (ws: readonly Variable[], parts: number) =>
    (t: Tensor): Tensor => {
      const layers = (from: number, to: number) => (h: Tensor) =>
        ws.slice(from, to).reduce((y: Tensor, w) => y.matmul(w).relu(), h);
      let y = t;
      if (parts === 0) y = layers(0, depth)(y);
      for (let p = 0; p < parts; p++) y = checkpoint(layers((p * depth) / parts, ((p + 1) * depth) / parts))(y);
      const loss = y.square().mean();
      const found = gradients(loss, ws);
      ws.forEach((w, i) => {
        w.assignSub(found[i]?.mul(0.1) ?? w);
      });
      return loss;
    };

  const plans = new Map([0, 1, 3, 6, 12].map((parts) => [parts, explain(stepOf(makeWeights(), parts))(batch)]));
  const productsOf = (parts: number) => plans.get(parts)?.kernels.filter(({ kind }) => kind === 'matmul') ?? [];
  const arenaOf = (parts: number): number => plans.get(parts)?.arena.bytes ?? Number.NaN;

  test('learns the same, bit for bit', () => {
    const train = (parts: number): unknown[] => {
      const ws = makeWeights();
      const step = compile(stepOf(ws, parts));
      const losses = Array.from({ length: 4 }, () => step(batch).item());
      return [losses, ...ws.map((w) => w.data())];
    };
    const want = train(0);
    for (const parts of [1, 6]) expect(train(parts)).toEqual(want);
  });

  test('computes each product of the forward pass once more, for any number of checkpoints', () => {
    expect(productsOf(0)).toHaveLength(3 * depth - 1);
    for (const parts of [1, 3, 6, 12]) expect(productsOf(parts)).toHaveLength(4 * depth - 1);
  });

  test('recomputes nothing before the forward pass is done', () => {
    const lossAt = (parts: number): number =>
      plans.get(parts)?.kernels.find(({ ops }) => ops.includes('sum'))?.phase ?? -1;
    for (const parts of [0, 3, 6, 12]) {
      const before = productsOf(parts).filter(({ phase }) => phase < lossAt(parts));
      expect(before).toHaveLength(depth);
    }
  });

  test('takes less than two fifths of the memory in √depth checkpoints', () => {
    const activation = 4 * 128 * wide;
    expect(arenaOf(0)).toBeGreaterThan(depth * activation);
    expect(arenaOf(6)).toBeLessThan(0.4 * arenaOf(0));
    expect(arenaOf(6)).toBeLessThan((6 + 6 + 4) * activation); // the arguments of the parts, one part, and what is under way
    expect(arenaOf(6)).toBeLessThan(arenaOf(3));
    expect(arenaOf(6)).toBeLessThan(arenaOf(12));
  });

  test('has an arena within 15 % of the smallest possible one', () => {
    for (const { arena } of plans.values()) expect(arena.bytes).toBeLessThanOrEqual(1.15 * arena.bytesAlive);
  });
});

test('an empty batch has gradients too', () => {
  const w = variable(weights);
  const f = checkpoint((t: Tensor) => t.matmul(w).tanh());
  const [dw] = gradients(f(tensor([], { shape: [0, 5] })).sum(), [w]);
  expect(dw?.data()).toEqual(new Float32Array(25));
});

test('the function must return a tensor', () => {
  const f = Object.assign(() => 3) as never as (x: Tensor) => Tensor;
  expect(() => checkpoint(f)(x)).toThrow(new TypeError('checkpoint: the function must return a tensor; got 3'));
});
