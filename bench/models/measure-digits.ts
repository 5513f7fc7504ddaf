// A program that trains the first model of the README on the embedded digits, and prints how long this takes,
// starting with `import`.

import { type Asked, handOver, timeSteps } from './report.ts';

const batch = 32;
const learningRate = 1e-3;

const { folder }: Asked = JSON.parse(process.argv[2] ?? '{}');
let again: (() => Promise<number>) | undefined;

async function firstFit(): Promise<number> {
  const t = await import('treadle');
  const { train } = t.digits({ seed: 1 });
  t.setSeed(1);
  const model = t.sequential([t.flatten({ inputShape: [8, 8, 1] }), t.dense(128, { activation: 'relu' }), t.dense(10)]);
  const loss = t.sparseCategoricalCrossentropy({ fromLogits: true });
  model.compile({ optimizer: t.adam(learningRate), loss });
  if (folder !== undefined) {
    const known = {
      network: ['perceptron', 64, 128, 10],
      batch,
      optimizer: 'adam',
      learningRate,
      target: 10,
      fromImport: true,
    };
    const x = { shape: [train.x.shape[0] ?? 0, 64], values: train.x.data() };
    const y = { shape: train.y.shape, values: train.y.data() };
    const weights = model.trainableVariables.map((v) => ({ shape: v.shape, values: v.data() }));
    handOver(folder, known, { x, y, weights });
  }
  const epoch = async (): Promise<number> => {
    const { history } = await model.fit(train.x, train.y, { batchSize: batch, shuffle: false, verbose: 0 });
    return history.loss?.[0] ?? Number.NaN;
  };
  again = epoch;
  return epoch();
}

console.log(JSON.stringify(await timeSteps(() => (again ?? firstFit)())));
await (await import('treadle')).shutdown();
