// Tile chains: kernels that run as one, tile by tile, have the bits that they have op by op, on any number of threads, whichever
// intermediate values are results as well.

import { team } from '@treadle/runtime';
import { compile, explain, gradients, setThreads, shutdown, type Tensor, tensor, variable } from '@treadle/tensor';

import { afterAll, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

/** Leaves a value as it is, or computes it at once. */
type Each = (x: Tensor) => Tensor;

interface Sizes {
  readonly batch: readonly number[];
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
}

const kept = { keepDims: true } as const;

function attention(each: Each, q: Tensor, k: Tensor, v: Tensor): readonly Tensor[] {
  const scores = each(q.matmul(k, { transposeB: true }));
  const e = each(each(scores.sub(each(scores.max(-1, kept)))).exp());
  const weights = each(e.div(each(e.sum(-1, kept))));
  return [scores, weights, each(weights.matmul(v))];
}

function inputs({ batch, queries, keys, width }: Sizes): readonly Tensor[] {
  const count = batch.reduce((product, extent) => product * extent, 1);
  return [queries, keys, keys].map((rows, i) =>
    tensor(noise(count * rows * width, i), { shape: [...batch, rows, width] }),
  );
}

const large: readonly Sizes[] = [
  { batch: [8, 5], queries: 64, keys: 64, width: 64 },
  { batch: [33], queries: 61, keys: 67, width: 65 },
  { batch: [2, 3, 40], queries: 32, keys: 96, width: 50 },
];

const isSequence = ({ kind }: { readonly kind: string }): boolean => kind === 'sequence';

test.for(large)(
  'the products and the softmax of attention are a chain, with the bits of one op after the other: %o',
  (sizes) => {
    const data = inputs(sizes);
    const [q, k, v] = data.map((x) => variable(x));
    const ends = (each: Each, wanted: readonly number[]) => (): Tensor[] => {
      if (!q || !k || !v) throw new Error('three inputs');
      const made = attention(each, q, k, v);
      return wanted.flatMap((i) => made[i] ?? []);
    };
    const alone = ends((x) => x.realize(), [0, 1, 2])().map((x) => x.data());
    for (const wanted of [[2], [1, 2], [0, 2], [0, 1, 2]]) {
      const f = ends((x) => x, wanted);
      const { kernels, arena } = explain(f)();
      expect(kernels.some(isSequence)).toBe(true);
      // buffers inside a chain take no memory of the plan
      expect(arena.bytesOfAll).toBeLessThan(4 * (alone[0]?.length ?? 0));
      for (const threads of [1, 2, 3, 7]) {
        setThreads(threads);
        const results = compile(f)().map((x) => x.data());
        const expected = wanted.flatMap((i) => alone[i] ?? []);
        results.forEach((result, i) => {
          expect(differenceOfData(result, expected[i] ?? result)).toBe(undefined);
        });
      }
    }
  },
);

test('so are its gradients, whatever lies between the products', () => {
  const data = inputs({ batch: [12, 4], queries: 60, keys: 64, width: 64 });
  const [q, k, v] = data.map((x) => variable(x));
  const step = (threads: number) => {
    setThreads(threads);
    return compile(() => {
      if (!q || !k || !v) throw new Error('three inputs');
      const [, weights, y] = attention((x) => x, q, k, v);
      const out = y?.transpose([0, 2, 1, 3]).reshape([12 * 60, 4 * 64]);
      return weights && out ? gradients(out.square().mean().add(weights.max()), [q, k, v]) : [];
    })().map((x) => x.data());
  };
  const [first, ...others] = [1, 2, 3, 7].map(step);
  for (const other of others) {
    other.forEach((x, i) => {
      expect(differenceOfData(x, first?.[i] ?? x)).toBe(undefined);
    });
  }
});
