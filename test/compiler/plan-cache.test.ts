// The plan cache: calls with equal structure share a plan, also if they were recorded while others were.

import {
  captureCall,
  type Interruptible,
  planCount,
  type Recorded,
  recordInterruptibly,
  runToEnd,
} from '@treadle/compiler';
import { ops, type Shape } from '@treadle/graph';
import { expect, test } from 'vitest';

const typesOf = (shape: Shape) => [{ shape, dtype: 'float32' }] as const;
const f: Recorded = ([x]) => (x ? [ops.tanh(ops.add(x, 3))] : []);
const other: Recorded = ([x]) => (x ? [ops.exp(ops.mul(ops.sin(x), 5))] : []);

/** Does the work part by part, with another graph captured between any two parts. */
function interrupted<T>(work: Interruptible<T>): T {
  for (let part = work.next(); ; part = work.next()) {
    if (part.done) return part.value;
    captureCall(typesOf([7, 11]), other);
  }
}

test('a recording that was interrupted leaves a plan that an equal one finds', () => {
  const first = interrupted(recordInterruptibly(typesOf([13]), f));
  const before = planCount();
  const second = runToEnd(recordInterruptibly(typesOf([13]), f));
  expect(planCount()).toBe(before);
  first.release();
  second.release();
});
