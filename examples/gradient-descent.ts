// Linear regression by gradient descent, with tensors and gradients only: first uncompiled, then compiled. Both give
// exactly the same numbers.

import { compile, gradients, linspace, randomNormal, type Tensor, variable } from 'treadle';

const x = linspace(0, 1, 100);
const y = x
  .mul(3)
  .add(2)
  .add(randomNormal([100], { stddev: 0.1, seed: 1 }));

function descend(steps: number, compiled: boolean): { w: Tensor; b: Tensor; loss: number } {
  const w = variable(0);
  const b = variable(0);
  const step = (): Tensor => {
    const loss = x.mul(w).add(b).sub(y).square().mean();
    const [dw, db] = gradients(loss, [w, b]);
    w.assignSub(dw.mul(0.1));
    b.assignSub(db.mul(0.1));
    return loss;
  };
  const run = compiled ? compile(step) : step;
  let loss = Number.NaN;
  for (let i = 0; i < steps; i++) loss = run().item();
  return { w, b, loss };
}

for (const compiled of [false, true]) {
  const start = performance.now();
  const { w, b, loss } = descend(500, compiled);
  const ms = performance.now() - start;
  console.log(
    `${compiled ? 'compiled' : 'uncompiled'}: y = ${w.item()} x + ${b.item()}, loss ${loss}, ${ms.toFixed(0)} ms`,
  );
}
