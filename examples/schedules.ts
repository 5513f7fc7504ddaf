// With small batches a gradient is partly chance. At a constant rate the weights never come to rest but dance around the best ones,
// the wider the higher the rate; a rate that falls in time lets them settle.

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
const least = x.matmul(lstsq(x, y)).sub(y).square().mean().item();

const rates = new Map<string, readonly number[]>();
const losses = new Map<string, readonly number[]>();

async function learn(way: string, rate: number | Schedule, ...callbacks: Callback[]): Promise<void> {
  const model = sequential([dense(1, { useBias: false, kernelInitializer: 'zeros' })]);
  model.compile({ optimizer: sgd(rate), loss: 'mse' });
  const used: number[] = [];
  const watch: Callback = { onEpochEnd: (_epoch, _logs, { learningRate }) => void used.push(learningRate.get()) };
  const options = { epochs, batchSize, seed: 1, callbacks: [watch, ...callbacks], verbose: 0 } as const;
  const { history } = await model.fit(x, y, { ...options, validationData: [x, y] });
  rates.set(way, used);
  losses.set(way, history.valLoss?.map((loss) => loss - least) ?? []); // with the weights of the end of the epoch
}

const steps = (epochs * rows) / batchSize;
await learn('constant', 0.05);
await learn('warm-up, cosine', warmup(cosineDecay(0.05, steps), steps / 10));
await learn('one cycle', oneCycle(0.05, steps));
await learn('on plateau', 0.05, reduceLROnPlateau({ monitor: 'loss', factor: 0.3, patience: 3, minDelta: 0.001 }));

/** A row for some epochs, a column for each curve. */
function show(curves: ReadonlyMap<string, readonly number[]>): void {
  const at = (epoch: number) => [...curves].map(([way, curve]) => [way, Number(curve[epoch - 1]?.toPrecision(2))]);
  console.table(Object.fromEntries([1, 4, 12, 20, 30, 40].map((epoch) => [epoch, Object.fromEntries(at(epoch))])));
}
console.log('Learning rate at the end of each epoch');
show(rates);
console.log('Loss, above the least that any weights have');
show(losses);
