// The cost of handing work to the threads and waiting for them: plans that compute almost nothing, with one stage or
// with several stages that wait for each other.

import { ones, type Tensor } from 'treadle';
import type { Rounds } from './measure.ts';
import { verifyEach } from './verify.ts';
import { compute, measureWork, type Row, type Work } from './work.ts';

export function forkJoinBench(rounds: Rounds): Row[] {
  return measureWork('fork-join', [stages(0, 16), stages(0, 65_536), stages(4, 256), stages(16, 256)], rounds);
}

/**
 * An add, followed by `count` stages. Each stage is a mean over axis 0, broadcast again, so it must wait for the whole
 * stage before.
 */
function stages(count: number, length: number): Work {
  const x = ones([length, 4]).realize();
  const f = (t: Tensor): Tensor => {
    let h = t.add(1);
    for (let i = 0; i < count; i++) h = t.mul(h.mean(0));
    return h;
  };
  // means of equal small whole numbers are exact
  const verify = (result: Tensor): void => verifyEach('fork-join', result, () => 2);
  const name = `${count + 1} stage${count > 0 ? 's' : ''} of ${length * 4} elements`;
  return { ...compute(name, (t) => f(t!), [x], verify), flops: 0, bytes: 0 };
}
