// Work that only moves numbers: their bits must arrive unchanged.

import { concat, randomNormal, type Tensor, tensor } from 'treadle';
import type { Rounds } from './measure.ts';
import { verifyEach } from './verify.ts';
import { compute, measureWork, type Row, type Work } from './work.ts';

export function movesBench(rounds: Rounds): Row[] {
  const n = 2048;
  const x = randomNormal([n, n], { seed: 1 }).realize();
  const values = x.data();
  const cube = x.reshape([64, 256, 256]).realize();
  const order = Int32Array.from({ length: n }, (_, i) => (i * 5) % n);
  const indices = tensor(order).realize();
  /** `from`: where in x the result's element i comes from; negative where it is 0 */
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
