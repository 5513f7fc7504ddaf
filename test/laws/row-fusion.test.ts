// Row fusion: chains of reductions and elementwise ops over the same rows run as one kernel, with the bits that they have op by op,
// whichever intermediate values are results as well, and whatever else reads them.

import { compile, setThreads, type Tensor, tensor } from '@treadle/tensor';
import { expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';

/** Leaves a value as it is, or computes it at once. */
type Each = (x: Tensor) => Tensor;
type Chain = (each: Each, x: Tensor) => readonly Tensor[];

const kept = { keepDims: true } as const;

function softmax(each: Each, x: Tensor): Tensor[] {
  const m = each(x.max(-1, kept));
  const e = each(each(x.sub(m)).exp());
  const s = each(e.sum(-1, kept));
  return [m, e, s, each(e.div(s))];
}

function layerNorm(each: Each, x: Tensor, axes: number | readonly number[]): Tensor[] {
  const mean = each(x.mean(axes, kept));
  const centred = each(x.sub(mean));
  const variance = each(each(centred.square()).mean(axes, kept));
  const width = x.shape.at(-1)!;
  const scale = tensor(noise(width, 5));
  return [mean, variance, each(each(centred.div(each(each(variance.add(1e-5)).sqrt()))).mul(scale))];
}

const chains: Readonly<Record<string, Chain>> = {
  'softmax, its end alone': (each, x) => softmax(each, x).slice(-1),
  'softmax and all that lies between': softmax,
  'layer norm': (each, x) => layerNorm(each, x, -1).slice(-1),
  'layer norm and all that lies between': (each, x) => layerNorm(each, x, -1),
  'layer norm over two axes': (each, x) => layerNorm(each, x.reshape([-1, 2, x.shape[1]! / 2]), [1, 2]),
  'a mask that repeats over outer axes': (each, x) => {
    const scores = x.reshape([2, -1, x.shape[1]!]);
    const mask = tensor(noise(2 * x.shape[1]!, 8), { shape: [2, 1, x.shape[1]!] });
    return softmax(each, each(scores.add(mask))).slice(-1);
  },
  'gradient of softmax': (each, x) => {
    const y = softmax(each, x).at(-1)!;
    const dy = each(x.sin());
    return [each(y.mul(each(dy.sub(each(each(dy.mul(y)).sum(-1, kept))))))];
  },
  'two sums of the same rows': (each, x) => [each(x.sum(1)), each(each(x.square()).sum(1)), each(x.max(1))],
  'positions in the rows': (each, x) => {
    const flipped = each(x.flip(1));
    return softmax(each, each(x.mul(each(flipped.greater(0).cast('float32'))))).slice(-1);
  },
  'rows that another op reads transposed': (each, x) => {
    const y = each(x.sub(each(x.max(1, kept))));
    return [y, each(y.transpose().mul(2)), each(y.exp().sum(1)), each(y.sum(0))];
  },
  'a value computed beside one that reads across rows': (each, x) => {
    const t = each(x.transpose().reshape(x.shape));
    const y = each(t.add(1));
    const z = each(y.mul(2));
    return [y, z, each(z.sum(1))];
  },
  'a row computed from columns of the same matrix': (each, x) => {
    const square = each(x.matmul(x, { transposeB: true }));
    const y = each(each(square.transpose()).add(1));
    const z = each(y.mul(2));
    return [y, z, each(z.sum(1)), each(z.sub(each(z.max(1, kept))))];
  },
};

const shapes = [
  [4, 2],
  [6, 10],
  [10, 64],
  [34, 300],
  [8, 4098],
] as const;

test.each(Object.entries(chains))('%s', (_name, chain) => {
  for (const [threads, [rows, columns]] of shapes.flatMap((shape) => [1, 2].map((n) => [n, shape] as const))) {
    setThreads(threads);
    const x = tensor(noise(rows * columns, rows), { shape: [rows, columns] });
    const apart = chain((y) => y.realize(), x).map((y) => y.data());
    const together = compile((given: Tensor) => [...chain((y) => y, given)])(x).map((y) => y.data());
    together.forEach((data, i) => {
      expect(differenceOfData(data, apart[i]!), `${rows} × ${columns}, result ${i}`).toBeUndefined();
    });
  }
});
