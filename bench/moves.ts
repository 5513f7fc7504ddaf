// Operations that only move values: transpose, concatenate, slice, gather, pad, flip. The bits must arrive unchanged.
// And the gradient of a gather, which adds rows.

import { concat, gradients, randomNormal, type Tensor, tensor } from 'treadle';
import type { Rounds } from './measure.ts';
import { verifyEach } from './verify.ts';
import { compute, measureWork, type Row, type Work } from './work.ts';

/** The gradient of an embedding: adds rows by index; rows of the same index are added in order. */
function embeddingGradient(name: string, target: (i: number) => number): Work {
  const [count, size, width] = [4096, 10_000, 64];
  const order = Int32Array.from({ length: count }, (_, i) => target(i));
  const updates = randomNormal([count, width], { seed: 2 }).realize();
  const table = randomNormal([size, width], { seed: 3 }).realize();
  const verify = (result: Tensor): void => {
    const [rows, sums] = [updates.data(), new Float32Array(size * width)];
    order.forEach((row, i) => {
      for (let c = 0; c < width; c++) sums[row * width + c]! += rows[i * width + c]!;
    });
    verifyEach(name, result, (i) => sums[i]!);
  };
  const gradient = (t?: Tensor, dy?: Tensor, at?: Tensor): Tensor => gradients(t!.gather(at!).mul(dy!).sum(), [t!])[0]!;
  const args = [table, updates, tensor(order).realize()];
  return { ...compute(name, gradient, args, verify), flops: 0, bytes: 4 * width * (size + 3 * count) };
}

export function movesBench(rounds: Rounds): Row[] {
  const n = 2048;
  const x = randomNormal([n, n], { seed: 1 }).realize();
  const values = x.data();
  const cube = x.reshape([64, 256, 256]).realize();
  const order = Int32Array.from({ length: n }, (_, i) => (i * 5) % n);
  const indices = tensor(order).realize();
  /** `from(i)`: the position in x of the element i of the result; negative if that element is 0 */
  const move = (
    name: string,
    f: (...args: Tensor[]) => Tensor,
    args: Tensor[],
    size: number,
    from: (i: number) => number,
  ): Work => ({
    ...compute(name, f, args, (result) => verifyEach(name, result, (i) => values[from(i)] ?? 0)),
    flops: 0,
    bytes: 8 * size,
  });
  return measureWork(
    'moves',
    [
      move(
        'transpose 2048²',
        (t) => t!.transpose(),
        [x],
        n * n,
        (i) => (i % n) * n + Math.floor(i / n),
      ),
      move(
        'transpose each of 64 256²',
        (t) => t!.transpose([0, 2, 1]),
        [cube],
        n * n,
        (i) => {
          const [a, b, c] = [Math.floor(i / (256 * 256)), Math.floor(i / 256) % 256, i % 256];
          return (a * 256 + c) * 256 + b;
        },
      ),
      move(
        'axes 0 1 2 → 1 0 2 of 64×256×256',
        (t) => t!.transpose([1, 0, 2]),
        [cube],
        n * n,
        (i) => {
          const [a, b, c] = [Math.floor(i / (64 * 256)), Math.floor(i / 256) % 64, i % 256];
          return b * 256 * 256 + a * 256 + c;
        },
      ),
      move(
        'concat of two 2048² along axis 1',
        (a, b) => concat([a!, b!], 1),
        [x, x],
        2 * n * n,
        (i) => Math.floor(i / (2 * n)) * n + (i % n),
      ),
      move(
        'every second column',
        (t) => t!.slice([0, 0], [n, n], [1, 2]),
        [x],
        (n * n) / 2,
        (i) => 2 * i,
      ),
      move(
        '2048 rows gathered',
        (t, at) => t!.gather(at!),
        [x, indices],
        n * n,
        (i) => order[Math.floor(i / n)]! * n + (i % n),
      ),
      move(
        '2048 columns gathered',
        (t, at) => t!.gather(at!, 1),
        [x, indices],
        n * n,
        (i) => Math.floor(i / n) * n + order[i % n]!,
      ),
      embeddingGradient('4096 rows of 64 added into 10000', (i) => (i * 7919) % 10_000),
      embeddingGradient('the same, all into one', () => 77),
      move(
        'pad by one all round',
        (t) =>
          t!.pad([
            [1, 1],
            [1, 1],
          ]),
        [x],
        n * n,
        (i) => {
          const [row, column] = [Math.floor(i / (n + 2)) - 1, (i % (n + 2)) - 1];
          return row < 0 || row >= n || column < 0 || column >= n ? -1 : row * n + column;
        },
      ),
      move(
        'flip',
        (t) => t!.flip(),
        [x],
        n * n,
        (i) => n * n - 1 - i,
      ),
    ],
    rounds,
  );
}
