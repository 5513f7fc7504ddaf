// One figure to choose: too small and it crawls, too large and it flies apart. On the bowl w²/2 a step makes w ← (1 − η)·w, so η = 1
// would be there at once, and beyond 2 every step lands further away. Where a network's limit is, only trying tells.

import { compile, dense, digits, flatten, gradients, sequential, setSeed, sgd, variable } from 'treadle';

function rollDown(learningRate: number): number[] {
  const w = variable(1);
  const optimizer = sgd(learningRate);
  const step = compile(() => {
    const loss = w.square().div(2);
    optimizer.apply(gradients(loss, [w]), [w]);
    return loss;
  });
  return Array.from({ length: 21 }, () => step().item());
}

async function learn(learningRate: number): Promise<readonly number[]> {
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

/** A row for each time, a column for each curve. */
function show(times: readonly number[], curves: ReadonlyMap<string, readonly number[]>): void {
  const at = (time: number) => [...curves].map(([name, curve]) => [name, Number(curve[time]?.toPrecision(3))]);
  console.table(Object.fromEntries(times.map((time) => [time, Object.fromEntries(at(time))])));
}

console.log('Loss on the bowl, after so many steps');
show([0, 1, 2, 5, 10, 20], new Map([0.01, 0.5, 1.9, 2.1].map((rate) => [`η = ${rate}`, rollDown(rate)])));

console.log('Loss of a network on handwritten digits, in epochs 0 to 19');
const curves = new Map<string, readonly number[]>();
for (const rate of [0.0003, 0.1, 10]) curves.set(`η = ${rate}`, await learn(rate));
show([0, 1, 2, 5, 10, 19], curves);
