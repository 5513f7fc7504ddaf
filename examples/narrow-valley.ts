// A valley that is κ times steeper across than along: (x² + κ·y²)/2. The steep walls allow descent only small steps, with which the
// way along takes some κ of them; momentum needs about √κ. Adam scales each direction by itself and does not notice these walls.

import { adam, compile, gradients, type Optimizer, sgd, tensor, variable } from 'treadle';

/** How many steps until the loss is a millionth of what it was. */
function stepsDown(optimizer: Optimizer, kappa: number): number {
  const place = variable([1, 1]);
  const steepness = tensor([1, kappa]);
  const step = compile(() => {
    const loss = place.square().mul(steepness).sum().div(2);
    optimizer.apply(gradients(loss, [place]), [place]);
    return loss;
  });
  const first = step().item();
  let steps = 1;
  while (step().item() > first / 1e6) steps++;
  return steps;
}

const table = [1, 10, 100, 1000].map((kappa) => {
  // the best figures there are for such a valley (B. Polyak, 1964)
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
console.log('Steps to a millionth of the loss');
console.table(Object.fromEntries(table.map(({ κ, ...steps }) => [`κ = ${κ}`, steps])));
