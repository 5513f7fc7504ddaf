// Compiled training steps of dense networks: forward, backward, Adam.

import {
  adam,
  compile,
  dense,
  gradients,
  type Model,
  meanSquaredError,
  randomNormal,
  sequential,
  setSeed,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
} from 'treadle';
import type { Case, Rounds } from './measure.ts';
import { verifyTraining } from './verify.ts';
import { measureWork, type Row, type Work } from './work.ts';

export interface Network {
  readonly sizes: readonly number[];
  readonly batch: number;
}

const networks: readonly Network[] = [
  { sizes: [784, 512, 512, 10], batch: 128 },
  { sizes: [784, 512, 512, 10], batch: 256 },
  { sizes: [784, 128, 10], batch: 32 },
  { sizes: [784, 128, 10], batch: 128 },
  { sizes: [2, 3, 2], batch: 4 },
];

export function trainStepBench(rounds: Rounds): Row[] {
  return measureWork('train-step', networks.map(stepWork), rounds);
}

/** The operations of the products: forward, weight gradients, and input gradients except that of the first layer. */
export function flopsOf({ sizes, batch }: Network): number {
  return sizes.slice(1).reduce((sum, n, i) => sum + 2 * batch * n * (sizes[i] ?? 0) * (i === 0 ? 2 : 3), 0);
}

/** The bytes that Adam moves: it reads and writes each weight and its two moments. */
function bytesOf({ sizes }: Network): number {
  return sizes.slice(1).reduce((sum, n, i) => sum + 4 * 6 * n * ((sizes[i] ?? 0) + 1), 0);
}

export function stepWork(network: Network): Work {
  return { ...trainingOf(network), flops: flopsOf(network), bytes: bytesOf(network) };
}

/** A compiled training step, its data and its model. */
export interface Training extends Case {
  readonly step: (x: Tensor, y: Tensor) => Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly model: Model;
}

/** A training step with the cross-entropy of classes, or with the mean squared error if there is one output. */
export function trainingOf({ sizes, batch }: Network): Training {
  const name = `${sizes.join('-')}, batch ${batch}`;
  const [features = 1, ...layers] = sizes;
  const classes = layers.at(-1) ?? 1;
  const hidden = layers.slice(0, -1).map((units) => dense(units, { activation: 'relu' }));
  setSeed(1); // with other initial weights the loss may stop falling
  const model = sequential([...hidden, dense(classes)]);
  model.build([features]);
  const optimizer = adam(1e-3);
  const loss = classes > 1 ? sparseCategoricalCrossentropy({ fromLogits: true }) : meanSquaredError();
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, model.call(x, { training: true }));
    optimizer.apply(gradients(value, model.trainableVariables), model.trainableVariables);
    return value;
  });
  const x = randomNormal([batch, features], { seed: 1 }).realize();
  const y =
    classes > 1
      ? tensor(Int32Array.from({ length: batch }, (_, i) => i % classes))
      : randomNormal([batch, 1], { seed: 2 }).realize();
  return {
    name,
    step,
    x,
    y,
    model,
    run: () => step(x, y).dispose(),
    verify: () =>
      verifyTraining(
        name,
        () => loss(y, model.call(x)),
        () => step(x, y),
        50,
      ),
  };
}
