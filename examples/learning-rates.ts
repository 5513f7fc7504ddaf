// How to choose a learning rate η. If it is too small, training is slow; if it is too large, training diverges. For
// the loss w²/2, one step of gradient descent gives w ← (1 − η)·w: η = 1 reaches the minimum in one step, and for η >
// 2 each step increases the loss. For a network there is no such formula, so one has to try.

import { compile, dense, digits, flatten, gradients, sequential, setSeed, sgd, variable } from 'treadle';

/** The losses w²/2 of 21 steps of gradient descent from w = 1. */
function lossesOnParabola(learningRate: number): number[] {
  const w = variable(1);
  const optimizer = sgd(learningRate);
  const step = compile(() => {
    const loss = w.square().div(2);
    optimizer.apply(gradients(loss, [w]), [w]);
    return loss;
  });
  return Array.from({ length: 21 }, () => step().item());
}

/** The losses of a network on handwritten digits, for each epoch. */
async function lossesOfNetwork(learningRate: number): Promise<readonly number[]> {
  setSeed(1);
  const { train } = digits({ seed: 1 });
  const model = sequential([
    flatten({ inputShape: [8, 8, 1] }),
    dense(32, { activation: 'relu' }),
    dense(10, { activation: 'softmax' }),
  ]);
  model.compile({ optimizer: sgd(learningRate), loss: 'sparseCategoricalCrossentropy' });
  return (await model.fit(train.x, train.y, { epochs: 20, seed: 1, verbose: 0 })).history.loss;
}

/** Prints a table with a row for each time and a column for each curve. */
function show(times: readonly number[], curves: ReadonlyMap<string, readonly number[]>): void {
  const at = (time: number) => [...curves].map(([name, curve]) => [name, Number(curve[time]?.toPrecision(3))]);
  console.table(Object.fromEntries(times.map((time) => [time, Object.fromEntries(at(time))])));
}

console.log('Loss w²/2 after 0 to 20 steps');
show([0, 1, 2, 5, 10, 20], new Map([0.01, 0.5, 1.9, 2.1].map((rate) => [`η = ${rate}`, lossesOnParabola(rate)])));

console.log('Training loss of a network on handwritten digits, epochs 0 to 19');
const curves = new Map<string, readonly number[]>();
for (const rate of [0.0003, 0.1, 10]) curves.set(`η = ${rate}`, await lossesOfNetwork(rate));
show([0, 1, 2, 5, 10, 19], curves);
