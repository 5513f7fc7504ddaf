// The law of same bits: a result does not depend on how many threads compute it, nor on whether it is compiled, nor on what
// else is in the batch. Tensors are large enough for several threads to have tiles.

import { realize } from '@treadle/compiler';
import { gradients, type Node, ops } from '@treadle/graph';
import { team } from '@treadle/runtime';
import {
  compile,
  grad,
  gradients as gradientsOf,
  setThreads,
  shutdown,
  Tensor,
  type TensorData,
  tensor,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';
import { asList } from '../support/cases/case.ts';
import type { OpName } from '../support/cases.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const threadCounts = isLong ? [1, 2, 3, 7] : [1, 3, 7];
const [rows, columns] = [259, 403];

const tensors = {
  a: tensor(noise(rows * columns, 1), { shape: [rows, columns] }),
  b: tensor(noise(rows * columns, 2), { shape: [rows, columns] }),
  row: tensor(noise(columns, 3), { shape: [columns] }),
  column: tensor(noise(rows, 4), { shape: [rows, 1] }),
  cube: tensor(noise(7 * 120 * 130, 5), { shape: [7, 120, 130] }),
  long: tensor(noise(300_001, 6), { shape: [300_001] }),
  /** far from singular, with values that differ */
  squares: tensor(
    noise(900 * 25, 7).map((x, i) => ((i % 25) % 6 === 0 ? x + 12 * (1 + (i % 25) / 6) : x)),
    { shape: [900, 5, 5] },
  ),
  images: tensor(noise(5 * 41 * 43 * 12, 7), { shape: [5, 41, 43, 12] }),
  filters: tensor(noise(3 * 5 * 12 * 20, 8), { shape: [3, 5, 12, 20] }),
  labels: tensor(Int32Array.from({ length: 700 }, (_, i) => (i * 7919) % rows)),
};
type Name = keyof typeof tensors;
type Nodes = Readonly<Record<Name, Node>>;
type Build = (x: Nodes) => Node | readonly Node[];

const word = (value: number): Node => ops.cast(ops.stopGradient(tensor(value).node), 'int32');
const positive = (x: Node): Node => ops.add(ops.abs(x), 0.25);

/** Every op on something large. */
const large = {
  abs: ({ a }) => ops.abs(a),
  add: ({ a, column }) => ops.add(a, column),
  all: ({ a }) => ops.all(ops.less(a, 1.99), 1),
  any: ({ a }) => ops.any(ops.greater(a, 1.99), 0),
  arange: () => ops.arange(200_000),
  argmax: ({ a }) => [ops.argmax(a, 0), ops.argmax(a, 1), ops.argmax(a)],
  argmin: ({ cube }) => [ops.argmin(cube, 1), ops.argmin(cube)],
  argsort: ({ a }) => [ops.argsort(a), ops.argsort(a, 0, { descending: true })],
  averagePool2d: ({ images }) => [
    ops.averagePool2d(images, 2),
    ops.averagePool2d(images, 3, { strides: 2, padding: 'same' }),
  ],
  broadcastTo: ({ row, column }) => [
    ops.broadcastTo(row, [rows, columns]),
    ops.broadcastTo(column, [3, rows, columns]),
  ],
  cast: ({ a }) => [ops.cast(a, 'int32'), ops.cast(a, 'bool')],
  ceil: ({ a }) => ops.ceil(a),
  cholesky: ({ squares }) => ops.cholesky(squares),
  clip: ({ a, row }) => ops.clip(a, row, 1),
  concat: ({ a, b }) => [ops.concat([a, b], 0), ops.concat([a, b, a], 1)],
  conv1d: ({ images, filters }) =>
    ops.conv1d(ops.reshape(images, [5 * 41, 43, 12]), ops.reshape(ops.slice(filters, [0], [1]), [5, 12, 20]), {
      padding: 'causal',
    }),
  conv2d: ({ images, filters }) => [
    ops.conv2d(images, filters, { padding: 'same' }),
    ops.conv2d(images, filters, { strides: [2, 1], dilation: [1, 2] }),
    ops.conv2d(images, ops.slice(filters, [0, 0, 0, 0], [3, 5, 4, 18]), { groups: 3 }),
  ],
  conv2dTranspose: ({ images, filters }) =>
    ops.conv2dTranspose(images, ops.transpose(filters, [0, 1, 3, 2]), { strides: [2, 1], padding: 'same' }),
  cos: ({ a }) => ops.cos(ops.mul(a, 9)),
  cumsum: ({ a, cube }) => [ops.cumsum(a, 1), ops.cumsum(cube, 1), ops.cumsum(a)],
  det: ({ squares }) => ops.det(squares),
  depthwiseConv2d: ({ images, filters }) => [
    ops.depthwiseConv2d(images, ops.slice(filters, [0, 0, 0, 0], [3, 5, 12, 1]), { padding: 'same' }),
    ops.depthwiseConv2d(images, ops.slice(filters, [0, 0, 0, 0], [3, 5, 12, 2]), { strides: 2 }),
  ],
  div: ({ a, b }) => ops.div(a, positive(b)),
  eigh: ({ squares }) => ops.eigh(squares),
  equal: ({ a, b }) => ops.equal(ops.round(a), ops.round(b)),
  erf: ({ a }) => ops.erf(a),
  erfc: ({ a }) => ops.erfc(a),
  exp: ({ a }) => ops.exp(a),
  expandDims: ({ a }) => ops.exp(ops.expandDims(a, 1)),
  expm1: ({ a }) => ops.expm1(a),
  flip: ({ cube }) => [ops.flip(cube), ops.flip(cube, 2)],
  floor: ({ a }) => ops.floor(a),
  gather: ({ a, labels }) => ops.gather(a, labels),
  greater: ({ a, b }) => ops.greater(a, b),
  greaterEqual: ({ a, b }) => ops.greaterEqual(a, b),
  inv: ({ squares }) => ops.inv(squares),
  less: ({ a, b }) => ops.less(a, b),
  lessEqual: ({ a, b }) => ops.lessEqual(a, b),
  log: ({ a }) => ops.log(positive(a)),
  log1p: ({ a }) => ops.log1p(positive(a)),
  logicalAnd: ({ a, b }) => ops.logicalAnd(ops.greater(a, 0), ops.greater(b, 0)),
  logicalNot: ({ a }) => ops.logicalNot(ops.greater(a, 0)),
  logicalOr: ({ a, b }) => ops.logicalOr(ops.greater(a, 0), ops.greater(b, 0)),
  logSoftmax: ({ a }) => [ops.logSoftmax(a), ops.logSoftmax(a, 0)],
  logSumExp: ({ a }) => [ops.logSumExp(a, 0), ops.logSumExp(a, 1), ops.logSumExp(a)],
  lstsq: ({ squares }) => ops.lstsq(squares, squares),
  matmul: ({ a, b, cube, row }) => [
    ops.matmul(a, b, { transposeB: true }),
    ops.matmul(a, b, { transposeA: true }),
    ops.matmul(cube, cube, { transposeB: true }),
    ops.matmul(a, row),
  ],
  max: ({ a, long }) => [ops.max(a, 0), ops.max(a, 1), ops.max(long)],
  maxPool2d: ({ images }) => [ops.maxPool2d(images, 2), ops.maxPool2d(images, 3, { strides: 2, padding: 'same' })],
  maximum: ({ a, b }) => ops.maximum(a, b),
  mean: ({ cube }) => [ops.mean(cube, 0), ops.mean(cube, [0, 2]), ops.mean(cube)],
  min: ({ a, long }) => [ops.min(a, 0), ops.min(a, 1), ops.min(long)],
  minimum: ({ a, b }) => ops.minimum(a, b),
  mod: ({ a, b }) => ops.mod(a, positive(b)),
  mul: ({ a, row }) => ops.mul(a, row),
  neg: ({ a }) => ops.neg(a),
  notEqual: ({ a, b }) => ops.notEqual(ops.round(a), ops.round(b)),
  oneHot: ({ labels }) => ops.oneHot(labels, 100),
  pad: ({ a }) =>
    ops.pad(
      a,
      [
        [3, 1],
        [0, 5],
      ],
      2,
    ),
  pow: ({ a, b }) => ops.pow(positive(a), b),
  prod: ({ a, row }) => [ops.prod(a, 1), ops.prod(ops.add(row, 0.5))],
  qr: ({ squares }) => ops.qr(squares),
  randomNormal: () => ops.randomNormal([400, 500], word(1), word(2), 1, 2),
  randomUniform: () => ops.randomUniform([400, 500], word(1), word(2), -1, 3),
  reciprocal: ({ a }) => ops.reciprocal(positive(a)),
  relu: ({ a }) => ops.relu(a),
  reshape: ({ cube }) => ops.add(ops.reshape(ops.transpose(cube), [130 * 7, 120]), 1),
  resize: ({ images }) => [ops.resize(images, [82, 86]), ops.resize(images, [60, 50], 'bilinear')],
  round: ({ a }) => ops.round(a),
  rsqrt: ({ a }) => ops.rsqrt(positive(a)),
  scatterAdd: ({ labels, b }) => ops.scatterAdd(ops.gather(b, labels), labels, rows),
  sigmoid: ({ a }) => ops.sigmoid(a),
  sign: ({ a }) => ops.sign(a),
  sin: ({ a }) => ops.sin(ops.mul(a, 9)),
  slice: ({ a }) => ops.neg(ops.slice(a, [3, 1], [-2], [2, 3])),
  softmax: ({ a }) => [ops.softmax(a), ops.softmax(a, 0)],
  softplus: ({ a }) => ops.softplus(a),
  solve: ({ squares }) => ops.solve(squares, squares),
  sort: ({ a, cube }) => [ops.sort(a), ops.sort(cube, 1)],
  split: ({ a }) => ops.split(a, [100, 200, 103], 1).map((part) => ops.square(part)),
  sqrt: ({ a }) => ops.sqrt(positive(a)),
  square: ({ a }) => ops.square(a),
  squeeze: ({ column }) => ops.exp(ops.squeeze(column)),
  stack: ({ a, b }) => ops.stack([a, b], 2),
  standardize: ({ cube, row }) => [
    ...ops.standardize(cube, [0, 1], { epsilon: 1e-3 }),
    ...ops.standardize(ops.mul(row, 2), 0),
  ],
  std: ({ cube }) => [ops.std(cube, 0), ops.std(cube, 2), ops.std(cube)],
  stopGradient: ({ a }) => ops.stopGradient(a),
  sub: ({ a, column }) => ops.sub(column, a),
  sum: ({ a, cube, long }) => [ops.sum(a, 0), ops.sum(a, 1), ops.sum(cube, [0, 2]), ops.sum(cube, 1), ops.sum(long)],
  sumTo: ({ a }) => [ops.sumTo(a, [columns]), ops.sumTo(a, [rows, 1])],
  svd: ({ squares }) => ops.svd(squares),
  tan: ({ a }) => ops.tan(ops.mul(a, 0.5)),
  tanh: ({ a }) => ops.tanh(a),
  tile: ({ a }) => ops.tile(a, [2, 3]),
  topK: ({ a }) => ops.topK(a, 5),
  transpose: ({ cube }) => [ops.exp(ops.transpose(cube)), ops.neg(ops.transpose(cube, [1, 0, 2]))],
  uniform01: () => [ops.uniform01([300_000], word(5), word(6))],
  variance: ({ cube }) => [ops.variance(cube, 0), ops.variance(cube, 2), ops.variance(cube)],
  where: ({ a, b, row }) => ops.where(ops.greater(a, 0), b, row),
} satisfies Record<OpName, Build>;

/** The results of an op, and the gradients of Σ y²/2 for the tensors that it reads. */
function withGradients(build: Build, given: typeof tensors): Tensor[] {
  const read = new Map<Name, Node>();
  const nodes = new Proxy(given, {
    get: (_, name: Name) => {
      read.set(name, given[name].node);
      return given[name].node;
    },
  }) as unknown as Nodes;
  const results = asList(build(nodes));
  const energy = results.filter(({ dtype }) => dtype === 'float32').map((y) => ops.sum(ops.mul(ops.square(y), 0.5)));
  const floats = [...read.values()].filter(({ dtype }) => dtype === 'float32');
  const found =
    energy.length === 0
      ? []
      : gradients(
          energy.reduce((x, y) => ops.add(x, y)),
          floats,
        );
  return [...results, ...found].map((node) => new Tensor(node));
}

function realized(ts: Tensor[]): TensorData[] {
  realize(ts.map(({ node }) => node));
  return ts.map((t) => t.data());
}

describe.each(Object.entries<Build>(large))('%s', (_name, build) => {
  test('gives the same bits on 1, 3 and 7 threads, compiled or not, and so does its gradient', () => {
    const compiled = compile((given: typeof tensors) => withGradients(build, given));
    const runs = threadCounts.flatMap((count) => {
      setThreads(count);
      return [realized(withGradients(build, tensors)), realized(compiled(tensors))];
    });
    const [first, ...others] = runs;
    for (const run of others)
      run.forEach((data, i) => {
        expect(differenceOfData(data, first![i]!)).toBeUndefined();
      });
  });
});

/** Functions of a batch [rows, columns] that treat each row by itself. */
const rowwise: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'matmul by a matrix': (x) => x.matmul(tensor(noise(x.shape[1]! * 37, 9), { shape: [x.shape[1]!, 37] })),
  'matmul by a large matrix': (x) => x.matmul(tensor(noise(x.shape[1]! * 300, 9), { shape: [x.shape[1]!, 300] })),
  'matmul by a column': (x) => x.matmul(tensor(noise(x.shape[1]!, 9), { shape: [x.shape[1]!, 1] })),
  'matmul by a transposed matrix': (x) =>
    x.matmul(tensor(noise(x.shape[1]! * 24, 9), { shape: [24, x.shape[1]!] }), { transposeB: true }),
  'convolution with relu': (x) =>
    x
      .expandDims(2)
      .conv1d(tensor(noise(5 * 24, 9), { shape: [5, 1, 24] }), { padding: 'same' })
      .add(tensor(noise(24, 8)))
      .relu(),
  'largest of windows': (x) =>
    x.reshape([x.shape[0]!, 1, x.shape[1]!, 1]).maxPool2d([1, 3], { strides: 2, padding: 'same' }),
  'dense with relu': (x) =>
    x
      .matmul(tensor(noise(x.shape[1]! * 24, 9), { shape: [x.shape[1]!, 24] }))
      .add(tensor(noise(24, 8)))
      .relu(),
  softmax: (x) => x.softmax(),
  logSoftmax: (x) => x.logSoftmax(),
  sum: (x) => x.sum(1),
  mean: (x) => x.mean(1),
  prod: (x) => x.prod(1),
  max: (x) => x.max(1),
  variance: (x) => x.variance(1),
  logSumExp: (x) => x.logSumExp(1),
  'layer norm': (x) => {
    const centred = x.sub(x.mean(1, { keepDims: true }));
    return centred.div(centred.square().mean(1, { keepDims: true }).add(1e-5).sqrt());
  },
  'gradient of softmax': (x) => grad((z: Tensor) => z.softmax().square().sum())(x),
  argmax: (x) => x.argmax(1),
  'sum of a column': (x) => x.transpose().sum(0),
};

test.each(Object.entries(rowwise))('%s gives a row alone the bits that it has in any batch', (_name, f) => {
  setThreads(2);
  const batches = fc.record({
    rows: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 200 })),
    columns: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 300, 784, 4097)),
    chosen: fc.nat(),
    seed: fc.nat({ max: 999 }),
  });
  fc.assert(
    fc.property(batches, ({ rows, columns, chosen, seed }) => {
      const x = tensor(noise(rows * columns, seed), { shape: [rows, columns] });
      const i = chosen % rows;
      const inBatch = f(x).slice([i], [i + 1]);
      const alone = f(tensor(x.slice([i], [i + 1]).data(), { shape: [1, columns] }));
      expect(differenceOfData(alone.data(), inBatch.data())).toBeUndefined();
    }),
    { numRuns: isLong ? 200 : 10 },
  );
});

// A small training loop: dense, relu, dense; softmax cross-entropy; Adam written with ops.

const [batch, inputs, hidden, classes] = [96, 300, 128, 10];

function trained(steps: number, threads: number, isCompiled: boolean): Float32Array<ArrayBuffer>[] {
  setThreads(threads);
  const shapes = [[inputs, hidden], [hidden], [hidden, classes], [classes]];
  const filled = (shape: number[], seed: number, scale: number) =>
    tensor(
      noise(
        shape.reduce((p, n) => p * n, 1),
        seed,
      ),
      { shape },
    ).mul(scale);
  const weights = shapes.map((shape, i) => variable(filled(shape, i, 0.05)));
  const firsts = shapes.map((shape) => variable(filled(shape, 0, 0)));
  const seconds = shapes.map((shape) => variable(filled(shape, 0, 0)));
  const step = variable(0);
  const losses: number[] = [];
  const update = (x: Tensor, y: Tensor): Tensor => {
    const [w1, b1, w2, b2] = weights;
    const logits = x.matmul(w1!).add(b1!).relu().matmul(w2!).add(b2!);
    const loss = y.mul(logits.logSoftmax()).sum(-1).mean().neg();
    const found = gradientsOf(loss, weights);
    step.assignAdd(1);
    const rate = tensor(0.003)
      .mul(tensor(1).sub(tensor(0.999).pow(step)).sqrt())
      .div(tensor(1).sub(tensor(0.9).pow(step)));
    weights.forEach((weight, i) => {
      const [m, v, g] = [firsts[i]!, seconds[i]!, found[i]!];
      m.assign(m.mul(0.9).add(g.mul(0.1)));
      v.assign(v.mul(0.999).add(g.square().mul(0.001)));
      weight.assignSub(rate.mul(m).div(v.sqrt().add(1e-7)));
    });
    return loss;
  };
  const run = isCompiled ? compile(update) : update;
  for (let k = 0; k < steps; k++) {
    const x = tensor(noise(batch * inputs, 100 + k), { shape: [batch, inputs] });
    const y = tensor(Int32Array.from({ length: batch }, (_, i) => (i * 3 + k) % classes)).oneHot(classes);
    losses.push(run(x, y).item());
  }
  return [...[...weights, ...firsts, ...seconds].map((w) => Float32Array.from(w.data())), Float32Array.from(losses)];
}

test('ten steps of training give the same weights, to the bit, on 1, 3 and 7 threads, compiled or not', () => {
  const first = trained(10, 1, false);
  for (const threads of threadCounts) {
    for (const isCompiled of [false, true]) {
      const other = trained(10, threads, isCompiled);
      other.forEach((data, i) => {
        expect(
          differenceOfData(data, first[i]!),
          `weight ${i}, ${threads} threads, compiled: ${isCompiled}`,
        ).toBeUndefined();
      });
    }
  }
  const losses = first.at(-1)!;
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
});
