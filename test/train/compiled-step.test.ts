// Training steps that users compile themselves.

import { meanSquaredError } from '@treadle/losses';
import { dense } from '@treadle/nn';
import { adam } from '@treadle/optim';
import { compile, gradients, randomNormal, setSeed, type Tensor } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { expect, test } from 'vitest';

function parts() {
  setSeed(7);
  const model = sequential([dense(8, { activation: 'tanh', kernelInitializer: 'orthogonal' }), dense(1)]);
  model.build([16, 4]);
  return { model, optimizer: adam(0.05), loss: meanSquaredError() };
}

type Parts = ReturnType<typeof parts>;

function learn({ model, optimizer, loss }: Parts, x: Tensor, y: Tensor): Tensor {
  const value = loss(y, model.call(x, { training: true }));
  optimizer.apply(gradients(value, model.trainableVariables), model.trainableVariables);
  return value;
}

test('a model, an optimizer and a loss may be arguments, or lie around: the same bits as uncompiled', () => {
  const x = randomNormal([16, 4], { seed: 1 }).realize();
  const y = x.sum(1, { keepDims: true }).realize();
  let calls = 0;
  const given = compile((p: Parts, xs: Tensor, ys: Tensor) => {
    calls++;
    return learn(p, xs, ys);
  });
  const [one, two, three] = [parts(), parts(), parts()];
  const around = compile((xs: Tensor, ys: Tensor) => learn(two, xs, ys));
  for (let i = 0; i < 20; i++) {
    const values = [given(one, x, y), around(x, y), learn(three, x, y)].map((t) => t.item());
    expect(values).toEqual([values[2], values[2], values[2]]);
  }
  expect(calls).toBe(1);
});
