// A line through noisy points, by the closed form and step by step. No line has a smaller loss than that of the closed form;
// gradient descent comes as near to it as one has patience for.

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
const design = stack([ones([100]), x], 1); // [100, 2]: y ≈ design·[intercept, slope]
const lossOf = (line: Tensor): Tensor => design.matmul(line).sub(y).square().mean();

const best = lstsq(design, y);
const least = lossOf(best).item();

const line = variable(zeros([2]));
const optimizer = sgd(0.1);
const step = compile(() => optimizer.apply(gradients(lossOf(line), [line]), [line]));

const table: Record<string, object> = {};
function note(name: string, line: Tensor): void {
  const [intercept = Number.NaN, slope = Number.NaN] = line.data();
  const above = lossOf(line).item() - least;
  table[name] = { intercept, slope, 'loss above the least': Number(above.toPrecision(3)) };
}
for (let i = 0; i <= 400; i++) {
  if ([0, 5, 25, 50, 100, 200, 400].includes(i)) note(`${i} steps`, line);
  step();
}
note('closed form', best);
console.table(table);
