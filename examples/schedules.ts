// Learning-rate schedules. With small batches the gradient is noisy. At a constant learning rate the weights keep
// moving around the best ones, further away for a higher rate. If the rate decreases during training, the weights
// converge.

import {
  type Callback,
  cosineDecay,
  dense,
  lstsq,
  oneCycle,
  ones,
  randomNormal,
  reduceLROnPlateau,
  type Schedule,
  sequential,
  setSeed,
  sgd,
  warmup,
} from 'treadle';

setSeed(1);
const [rows, features, epochs, batchSize] = [1000, 20, 40, 10];
const x = randomNormal([rows, features]).realize();
const y = x
  .matmul(ones([features, 1]))
  .add(randomNormal([rows, 1]))
  .realize();
const minimum = x.matmul(lstsq(x, y)).sub(y).square().mean().item();

const rates = new Map<string, readonly number[]>();
const losses = new Map<string, readonly number[]>();

async function learn(name: string, rate: number | Schedule, ...callbacks: Callback[]): Promise<void> {
  const model = sequential([dense(1, { useBias: false, kernelInitializer: 'zeros' })]);
  model.compile({ optimizer: sgd(rate), loss: 'mse' });
  const ratesOfEpochs: number[] = [];
  const watch: Callback = {
    onEpochEnd: (_epoch, _logs, { learningRate }) => void ratesOfEpochs.push(learningRate.get()),
  };
  const options = { epochs, batchSize, seed: 1, callbacks: [watch, ...callbacks], verbose: 0 } as const;
  const { history } = await model.fit(x, y, { ...options, validationData: [x, y] });
  rates.set(name, ratesOfEpochs);
  losses.set(name, history.valLoss?.map((loss) => loss - minimum) ?? []); // with the weights at the end of each epoch
}

const steps = (epochs * rows) / batchSize;
await learn('constant', 0.05);
await learn('warm-up, cosine', warmup(cosineDecay(0.05, steps), steps / 10));
await learn('one cycle', oneCycle(0.05, steps));
await learn('on plateau', 0.05, reduceLROnPlateau({ monitor: 'loss', factor: 0.3, patience: 3, minDelta: 0.001 }));

/** Prints a table with a row for some epochs and a column for each curve. */
function show(curves: ReadonlyMap<string, readonly number[]>): void {
  const at = (epoch: number) => [...curves].map(([name, curve]) => [name, Number(curve[epoch - 1]?.toPrecision(2))]);
  console.table(Object.fromEntries([1, 4, 12, 20, 30, 40].map((epoch) => [epoch, Object.fromEntries(at(epoch))])));
}
console.log('Learning rate at the end of each epoch');
show(rates);
console.log('Loss above the minimum');
show(losses);
