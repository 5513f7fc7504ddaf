// Graph optimization: equal work is done once, inverses cancel, and no bit changes.

import { planCount, realize, StoredValue, valueOf } from '@treadle/compiler';
import { applyOp, constantNode, gradients, type MoveOp, type Node, numberNode, ops, sourceNode } from '@treadle/graph';
import { expect, test } from 'vitest';
import { cancelInverses } from '../../packages/compiler/dist/optimize/cancel-inverses.js';
import { eliminateCommonSubexpressions } from '../../packages/compiler/dist/optimize/common-subexpressions.js';
import { capture, topologicalOrder } from '../../packages/compiler/dist/trace/capture.js';

function source(shape: readonly number[], values: readonly number[] = []): Node {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = Float32Array.from({ length: size }, (_, i) => values[i] ?? i);
  return sourceNode({ kind: 'stored', storage: StoredValue.of(data, 'float32') }, shape, 'float32');
}

/** The names of the ops that are left after optimization. */
function left(...nodes: Node[]): string[] {
  const { entries } = eliminateCommonSubexpressions(
    cancelInverses(capture(topologicalOrder(nodes.map((node) => ({ node }))))),
  );
  return entries.flatMap(({ node }) => (node.source ? [] : [node.op!.name]));
}

test('equal expressions are computed once, also where their inputs are equal expressions', () => {
  const x = source([3, 4]);
  const twice = ops.add(ops.sum(ops.sin(ops.transpose(x)), 0), ops.sum(ops.sin(ops.transpose(x)), 0));
  expect(left(ops.mul(twice, twice)).filter((name) => name === 'sin' || name === 'sum')).toEqual(['sin', 'sum']);
});

test('sources with equal values stay apart, and so do ops with other attributes, dtypes or order of operands', () => {
  const [x, y] = [source([4]), source([4])];
  expect(left(ops.add(ops.sin(x), ops.sin(y)))).toEqual(['sin', 'sin', 'add']);
  expect(left(ops.add(ops.sub(x, y), ops.sub(y, x)))).toEqual(['sub', 'sub', 'add']);
  expect(left(ops.add(ops.slice(x, [0], [2]), ops.slice(x, [2], [4])))).toEqual(['slice', 'slice', 'add']);
});

test('each root has a value of its own', () => {
  const x = source([4]);
  const [a, b] = [ops.sin(x), ops.sin(x)];
  expect(left(a, b)).toEqual(['sin', 'sin']);
  realize([a, b]);
  expect(a.source).not.toEqual(undefined);
  expect(a.source?.kind === 'stored' && b.source?.kind === 'stored' && a.source.storage === b.source.storage).toBe(
    false,
  );
});

test('an expression on a marked input is computed again', () => {
  const again: MoveOp = { kind: 'move', name: 'again', key: 'again', view: (view) => view, gradient: (dy) => [dy] };
  const x = source([4]);
  const product = ops.exp(ops.sin(x));
  const apart = ops.exp(ops.sin(ops.mul(applyOp(again, [x], x.shape, x.dtype), numberNode(1, 'float32'))));
  expect(left(ops.add(product, apart)).filter((name) => name === 'exp')).toHaveLength(2);
});

test('inverses cancel', () => {
  const x = source([3, 4]);
  const use = (y: Node): Node => ops.exp(y);
  expect(left(use(ops.neg(ops.neg(x))))).toEqual(['exp']);
  expect(left(use(ops.transpose(ops.transpose(x))))).toEqual(['exp']);
  expect(left(use(ops.flip(ops.flip(x, 1), 1)))).toEqual(['exp']);
  expect(left(use(ops.reshape(ops.reshape(x, [12]), [3, 4])))).toEqual(['exp']);
  expect(left(use(ops.reshape(ops.reshape(ops.transpose(x), [2, 6]), [12])))).toEqual(['transpose', 'reshape', 'exp']);
  expect(left(use(ops.transpose(x)))).toEqual(['transpose', 'exp']);
  expect(left(use(ops.neg(ops.sub(0, ops.neg(x)))))).toEqual(['neg', 'sub', 'neg', 'exp']);
});

test('gradients do not multiply by 1, and do not divide constants', () => {
  const x = source([8]);
  const [dx] = gradients(ops.mean(x), [x]);
  expect(left(ops.mul(dx!, x))).not.toContain('div');
  expect(left(gradients(ops.sum(ops.mul(x, source([8]))), [x])[0]!).filter((name) => name === 'mul')).toHaveLength(1);
});

test('1 times x is x to the bit, and a quotient of constants is the one of float32', () => {
  const values = [-0, 0, 1e-45, -3.5, Number.POSITIVE_INFINITY, Number.NaN];
  const x = source([6], values);
  expect(ops.mul(constantNode(1, 'float32'), x)).toBe(x);
  expect(ops.mul(x, constantNode(1, 'float32'))).toBe(x);
  for (const n of [1, 2, 3, 5, 8, 10, 49, 0.1, 0.75, 16_777_213, 2 ** 100]) {
    const quotient = ops.div(constantNode(1, 'float32'), constantNode(n, 'float32'));
    expect(quotient.source?.kind, `1 / ${n}`).toBe('constant');
    const computed = ops.div(source([1], [1]), source([1], [n]));
    realize([quotient, computed]);
    expect(valueOf(quotient).read()[0]).toBe(valueOf(computed).read()[0]);
  }
  for (const n of [0, 2 ** 127, Math.fround(1e-40), Number.POSITIVE_INFINITY, Number.NaN]) {
    const quotient = ops.div(constantNode(n === 0 ? 0 : 1, 'float32'), constantNode(n, 'float32'));
    expect(quotient.source, `1 / ${n}`).toBeUndefined();
  }
});

test('another number needs no other plan, not even 0 or 1', () => {
  const x = source([40]);
  const run = (n: number): void => realize([ops.div(ops.sub(ops.add(ops.mul(x, n), n), n), n)]);
  run(0.5);
  const before = planCount();
  for (const n of [0, -0, 1, -1, 2, Number.NaN, Number.POSITIVE_INFINITY]) run(n);
  expect(planCount()).toBe(before);
});
