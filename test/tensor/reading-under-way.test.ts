// Reading what an asynchronous run is writing: the reader waits, and sees all of it.

import { compile, ones, type Tensor, variable, zeros } from '@treadle/tensor';
import { expect, test } from 'vitest';

test('a variable that a running plan assigns is read as the plan leaves it', async () => {
  const v = variable(zeros([2_000_000]));
  const step = compile((x: Tensor) => {
    v.assign(v.add(x).sin().exp());
  });
  const x = ones([2_000_000]).realize();
  for (let round = 0; round < 10; round++) {
    const pending = step.runAsync(x);
    const seen = v.data();
    await pending;
    expect(seen.findIndex((value) => value !== seen[0])).toBe(-1);
    expect(v.data()[0]).toBe(seen[0]);
  }
});
