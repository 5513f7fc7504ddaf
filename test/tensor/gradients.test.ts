// Gradients as users ask for them: what they are of, what reading leaves of them, and when they are refused.

import {
  compile,
  concat,
  grad,
  gradients,
  linspace,
  rowsInPlace,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  zeros,
} from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refused } from './refusal.ts';

test('grad and valueAndGrad give one gradient for one argument, an array for several', () => {
  expect(grad((x: Tensor) => x.square().sum())([1, 2, 3]).toArray()).toEqual([2, 4, 6]);
  const [value, [dx, dy]] = valueAndGrad((x: Tensor, y: Tensor) => x.mul(y).sum())(tensor([1, 2]), tensor([3, 4]));
  expect([value.item(), dx.toArray(), dy.toArray()]).toEqual([11, [3, 4], [1, 2]]);
});

test('the same tensor given twice has two gradients', () => {
  const x = tensor([2, 3]);
  const [first, second] = grad((a: Tensor, b: Tensor) => a.mul(a).mul(b).sum())(x, x);
  expect([first.toArray(), second.toArray()]).toEqual([
    [8, 18],
    [4, 9],
  ]);
});

test('they compose: third derivatives, and the gradient of a gradient’s norm', () => {
  const cube = (x: Tensor): Tensor => x.pow(3);
  expect(grad((x: Tensor) => grad((y: Tensor) => grad(cube)(y))(x))(5).item()).toBe(6);
  const norm = (x: Tensor): Tensor =>
    grad((y: Tensor) => y.pow(3).sum())(x)
      .square()
      .sum(); // Σ 9x⁴
  expect(grad(norm)([1, 2]).toArray()).toEqual([36, 288]);
});

test('they compile, alone and inside other functions', () => {
  const f = (x: Tensor): Tensor => x.mul(x).sin().sum();
  const x = tensor([0.5, 1, 2]);
  expect(compile(grad(f))(x).toArray()).toEqual(grad(f)(x).toArray());
  expect(grad((y: Tensor) => compile(f)(y))(x).toArray()).toEqual(grad(f)(x).toArray());
});

test('the gradient with respect to a tensor on which the value does not depend is zeros of its shape', () => {
  const [x, y] = [tensor([1, 2]), variable(zeros([2, 3]))];
  const [dx, dy] = gradients(x.sum(), [x, y]);
  expect([dx!.toArray(), dy!.toArray()]).toEqual([
    [1, 1],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
  ]);
  expect(gradients(x.detach().mul(x).sum(), [x])[0]!.toArray()).toEqual([1, 2]);
});

test('a value stays differentiable with respect to variables after it was read', () => {
  const v = variable([1, 2, 3]);
  const hidden = v.square();
  hidden.data();
  const y = hidden.mul(v).sum();
  expect(y.item()).toBe(36);
  expect(gradients(y, [v])[0]!.toArray()).toEqual([3, 12, 27]);
  expect(gradients(y, [hidden])[0]!.toArray()).toEqual([1, 2, 3]);
});

test('reading inside the function of grad changes nothing', () => {
  const f = (x: Tensor): Tensor => {
    const hidden = x.square();
    hidden.data();
    return hidden.sum();
  };
  expect(grad(f)([1, 2]).toArray()).toEqual([2, 4]);
});

test('a gradient through a history that was dropped is refused, not zero', () => {
  const x = tensor([1, 2]);
  const hidden = x.square();
  const y = hidden.sum();
  y.data();
  expect(() => gradients(y, [x])).toThrow(/^gradients: y must have its history; got .* was read/);
  hidden.data();
  expect(() => gradients(hidden.sum(), [x])).toThrow(/^gradients: /);
  expect(gradients(hidden.sum(), [hidden])[0]!.toArray()).toEqual([1, 1]);
});

test('a gradient through a compiled function is that of the function, or refused', async () => {
  const w = variable([2, 3]);
  const f = compile((x: Tensor) => x.mul(w).sum());
  const x = tensor([1, 1]);
  expect(gradients(f(w.mul(1)), [w])[0]!.toArray()).toEqual([4, 6]);
  expect(() => gradients(f(x), [w])).toThrow(/^gradients: /);
  expect(() => gradients(f(x), [x])).toThrow(/^gradients: /);
  const later = await f.runAsync(w.mul(1));
  expect(() => gradients(later, [w])).toThrow(/^gradients: /);
  expect(gradients(f(x).detach().mul(w).sum(), [w])[0]!.toArray()).toEqual([5, 5]);
  expect(gradients(f(x).detach().mul(w.sum()), [w, x])[1]!.toArray()).toEqual([0, 0]);
});

test('a gradient through two compiled functions in a row is refused', () => {
  const w = variable([[1], [1]]);
  const net = compile((a: Tensor, v: Tensor) => a.matmul(v));
  const mse = compile((p: Tensor, y: Tensor) => p.sub(y).square().mean());
  const loss = mse(net(zeros([4, 2]).add(1), w), zeros([4, 1]));
  expect(() => gradients(loss, [w])).toThrow(/^gradients: /);
  const plain = mse(zeros([4, 2]).add(1).matmul(w), zeros([4, 1]));
  expect(gradients(plain, [w])[0]!.toArray()).toEqual([[4], [4]]);
});

test('a gradient is refused where one of several paths has no history', () => {
  const w = variable([2, 3]);
  const square = compile(() => w.square());
  expect(() => gradients(square().mul(w).sum(), [w])).toThrow(/^gradients: /);
  expect(gradients(square().detach().mul(w).sum(), [w])[0]!.toArray()).toEqual([4, 9]);
  const x = tensor([2, 3]);
  const read = x.square().realize();
  expect(() => gradients(read.mul(x).sum(), [x])).toThrow(/^gradients: /);
  expect(() => gradients(read.sum(), [read, x])).toThrow(/^gradients: /);
});

test('a gradient is given where the lost history cannot lead to its target', () => {
  const [frozen, head] = [variable([2, 3]), variable([5, 7])];
  const features = compile((x: Tensor) => x.mul(frozen));
  const target = compile((x: Tensor) => x.mul(head).detach());
  const x = tensor([1, 1]);
  expect(gradients(features(x).mul(head).sum(), [head])[0]!.toArray()).toEqual([2, 3]);
  expect(gradients(target(x).mul(head).sum(), [head])[0]!.toArray()).toEqual([5, 7]);
  const [plain, noise] = [tensor([1, 1]), tensor([3, 4]).add(1).realize()];
  expect(gradients(plain.mul(noise).sum(), [plain])[0]!.toArray()).toEqual([4, 5]);
  expect(grad((t: Tensor) => t.mul(features(x)).sum())(x).toArray()).toEqual([2, 3]);
});

test('a gradient through a compiled function that uses an outside tensor, or through a value without history, is refused', () => {
  expect(() => grad((x: Tensor) => compile(() => x.square().sum())())([1, 2])).toThrow(/^gradients: /);
  const w = variable([1, 2]);
  const read = w.mul(2).realize();
  expect(() => gradients(compile((x: Tensor) => x.mul(read).sum())(tensor([1, 1])), [w])).toThrow(/^gradients: /);
  const rows = [w, tensor([1, 2])] as const;
  for (const x of rows) expect(() => gradients(rowsInPlace(x, 0, 1).sum(), [x])).toThrow(/^gradients: /);
  const chain = compile((x: Tensor) => x.mul(w))(tensor([1, 1]))
    .mul(2)
    .add(1);
  chain.data();
  expect(() => gradients(chain.sum(), [w])).toThrow(/^gradients: /);
});

test('only a single float32 number has gradients', () => {
  const x = tensor([1, 2]);
  refused(() => gradients(x.mul(2), [x]), 'ShapeError', /^gradients: .*; got shape \[2\]/);
  refused(() => grad((y: Tensor) => y)(x), 'ShapeError', /^gradients: /);
  refused(() => gradients(x.argmax(), [x]), 'DtypeError', /^gradients: .*; got int32/);
});

test('integers and bools have the gradient 0', () => {
  const [dx, di] = grad((x: Tensor, i: Tensor) => x.mul(i).sum())([1, 2], tensor([3, 4], { dtype: 'int32' }));
  expect([dx.toArray(), di.toArray()]).toEqual([
    [3, 4],
    [0, 0],
  ]);
});

test('the gradient of any slices of a tensor, side by side, apart or overlapping, is the sum of those of each', () => {
  const size = fc.record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 6 }) });
  const bounds = fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6), fc.nat(6), fc.integer({ min: -9, max: 9 }));
  fc.assert(
    fc.property(
      size,
      fc.array(bounds, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      ({ rows, columns }, slices, isAlong) => {
        const x = variable(zeros([rows, columns]));
        const expected = new Float32Array(rows * columns);
        const terms = slices.map(([a, b, c, d, factor]) => {
          const [top, bottom] = isAlong ? [0, rows] : [Math.min(a, b, rows), Math.min(Math.max(a, b), rows)];
          const [left, right] = [Math.min(c, d, columns), Math.min(Math.max(c, d), columns)];
          for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) expected[i * columns + j]! += factor;
          return x.slice([top, left], [bottom, right]).mul(factor).sum();
        });
        const [dx] = gradients(
          terms.reduce((sum, term) => sum.add(term)),
          [x],
        );
        expect([...(dx?.data() ?? [])].map((v) => v + 0)).toEqual([...expected]); // small whole numbers: exact
      },
    ),
    { numRuns: 200 },
  );
});

test('splitting and concatenating a tensor has the gradient of the identity', () => {
  const x = variable(linspace(-2, 2, 24).reshape([2, 3, 4]));
  for (const axis of [0, 1, 2]) {
    const y = concat(
      x.split(x.shape[axis] ?? 1, axis).map((part) => part.square()),
      axis,
    );
    expect(gradients(y.mul(x.detach()).sum(), [x])[0]?.data()).toEqual(x.detach().square().mul(2).data());
  }
});

test('the gradient with respect to a detached tensor is zeros, read before or not', () => {
  for (const x of [tensor([2, 3]), variable([2, 3])]) {
    for (const read of [false, true]) {
      const alone = x.mul(5).detach();
      if (read) alone.realize();
      expect(gradients(alone.square().sum(), [x])[0]!.toArray()).toEqual([0, 0]);
    }
  }
});
