// A program that builds the model that its argument names, makes its first step and some more, and prints their
// times.

import {
  adam,
  compile,
  gradients,
  type Model,
  meanSquaredError,
  type Optimizer,
  ones,
  randomNormal,
  randomUniform,
  setSeed,
  sgd,
  shutdown,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
} from 'treadle';
import { type Network, networks } from './networks.ts';
import { type Asked, handOver, timeSteps } from './report.ts';

/** The inputs and the targets of all batches of an epoch. */
function dataOf({ sample, batch, batches = 1, below, target }: Network): readonly [x: Tensor, y: Tensor] {
  const rows = batch * batches;
  const shape = [rows, ...sample];
  const x = below
    ? randomUniform(shape, { max: below, seed: 1 }).floor().cast('int32').realize()
    : randomNormal(shape, { seed: 1 }).realize();
  if (target === 'itself') return [x, x];
  if (target === 'number') return [x, randomNormal([rows, 1], { seed: 2 }).realize()];
  return [x, tensor(Int32Array.from({ length: rows }, (_, i) => i % target))];
}

const learningRates = { adam: 1e-3, sgd: 1e-2 } as const;

function optimizerOf({ optimizer }: Network): Optimizer {
  const rate = learningRates[optimizer];
  return optimizer === 'adam' ? adam(rate) : sgd(rate);
}

const lossOf = ({ target }: Network) =>
  typeof target === 'number' ? sparseCategoricalCrossentropy({ fromLogits: true }) : meanSquaredError();

/** A compiled training step on all of x and y. */
function stepOf(network: Network, model: Model, x: Tensor, y: Tensor): () => number {
  const [loss, optimizer] = [lossOf(network), optimizerOf(network)];
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, model.call(x, { training: true }));
    optimizer.apply(gradients(value, model.trainableVariables), model.trainableVariables);
    return value;
  });
  return () => step(x, y).item();
}

/** An epoch of training, with the batches in the order of the rows. */
function epochOf(network: Network, model: Model, x: Tensor, y: Tensor): () => Promise<number> {
  model.compile({ optimizer: optimizerOf(network), loss: lossOf(network) });
  return async () => {
    const { history } = await model.fit(x, y, { batchSize: network.batch, shuffle: false, verbose: 0 });
    return history.loss?.[0] ?? Number.NaN;
  };
}

async function measureNetwork({ name, folder }: Asked): Promise<void> {
  const network = networks.find((other) => other.name === name);
  if (!network)
    throw new RangeError(`models: a name must be one of ${networks.map((n) => n.name).join('; ')}; got ${name}`);
  ones([4]).add(1).sum().item(); // work that is done once in a process is no part of a step
  setSeed(1);
  const model = network.make();
  model.build(network.sample);
  const [x, y] = dataOf(network);
  if (folder !== undefined) {
    const { torch, batch, optimizer, target } = network;
    const plain = (values: Tensor) => ({ shape: values.shape, values: values.data() });
    const known = {
      network: torch,
      batch,
      optimizer,
      learningRate: learningRates[optimizer],
      target,
      fromImport: false,
    };
    handOver(folder, known, { x: plain(x), y: plain(y), weights: model.trainableVariables.map(plain) });
  }
  const report = await timeSteps(network.batches ? epochOf(network, model, x, y) : stepOf(network, model, x, y));
  console.log(JSON.stringify(report));
  await shutdown();
}

const asked: Asked = JSON.parse(process.argv[2] ?? '{}');
await measureNetwork(asked);
