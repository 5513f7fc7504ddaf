// Linear regression in two ways: the closed form (least squares), and gradient descent. No line has a smaller loss
// than the closed form; gradient descent comes closer to it with each step.

import {
  compile,
  gradients,
  linspace,
  lstsq,
  ones,
  randomNormal,
  sgd,
  stack,
  type Tensor,
  variable,
  zeros,
} from 'treadle';

const x = linspace(0, 4, 100);
const noise = randomNormal([100], { stddev: 0.5, seed: 1 });
const y = x.mul(3).add(2).add(noise).realize();
const design = stack([ones([100]), x], 1); // [100, 2]: y ≈ design · [intercept, slope]
const lossOf = (line: Tensor): Tensor => design.matmul(line).sub(y).square().mean();

const best = lstsq(design, y);
const minimum = lossOf(best).item();

const line = variable(zeros([2]));
const optimizer = sgd(0.1);
const step = compile(() => optimizer.apply(gradients(lossOf(line), [line]), [line]));

const table: Record<string, object> = {};
/** Adds a row to the table. */
function addRow(name: string, line: Tensor): void {
  const [intercept = Number.NaN, slope = Number.NaN] = line.data();
  const above = lossOf(line).item() - minimum;
  table[name] = { intercept, slope, 'loss above the minimum': Number(above.toPrecision(3)) };
}
for (let i = 0; i <= 400; i++) {
  if ([0, 5, 25, 50, 100, 200, 400].includes(i)) addRow(`${i} steps`, line);
  step();
}
addRow('closed form', best);
console.table(table);
