// Optimizers in a narrow valley. The loss (x² + κ·y²)/2 is κ times steeper in y than in x. Plain gradient descent
// must take small steps because of the steep direction, and needs about κ steps in the flat one. Momentum needs about
// √κ steps. Adam scales each direction separately, so κ does not matter here.

import { adam, compile, gradients, type Optimizer, sgd, tensor, variable } from 'treadle';

/** The number of steps until the loss is 10⁻⁶ of the first loss. */
function stepsDown(optimizer: Optimizer, kappa: number): number {
  const position = variable([1, 1]);
  const steepness = tensor([1, kappa]);
  const step = compile(() => {
    const loss = position.square().mul(steepness).sum().div(2);
    optimizer.apply(gradients(loss, [position]), [position]);
    return loss;
  });
  const first = step().item();
  let steps = 1;
  while (step().item() > first / 1e6) steps++;
  return steps;
}

const table = [1, 10, 100, 1000].map((kappa) => {
  // the optimal rates for this loss (B. Polyak, 1964)
  const rate = 2 / (1 + kappa);
  const momentum = ((Math.sqrt(kappa) - 1) / (Math.sqrt(kappa) + 1)) ** 2;
  const momentumRate = (2 / (1 + Math.sqrt(kappa))) ** 2;
  return {
    κ: kappa,
    descent: stepsDown(sgd(rate), kappa),
    momentum: stepsDown(sgd(momentumRate, { momentum }), kappa),
    nesterov: stepsDown(sgd(1 / kappa, { momentum: Math.sqrt(momentum), nesterov: true }), kappa),
    adam: stepsDown(adam(0.1), kappa),
  };
});
console.log('Steps until the loss is 10⁻⁶ of the first');
console.table(Object.fromEntries(table.map(({ κ, ...steps }) => [`κ = ${κ}`, steps])));
