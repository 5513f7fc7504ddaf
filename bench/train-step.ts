// Compiled training steps: forward, backward, Adam.

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

/** The multiplications and additions of the products: forward, weight gradients, and input gradients but the first. */
export function flopsOf({ sizes, batch }: Network): number {
  return sizes.slice(1).reduce((sum, n, i) => sum + 2 * batch * n * (sizes[i] ?? 0) * (i === 0 ? 2 : 3), 0);
}

/** Adam reads and writes each weight and its two moments. */
function bytesOf({ sizes }: Network): number {
  return sizes.slice(1).reduce((sum, n, i) => sum + 4 * 6 * n * ((sizes[i] ?? 0) + 1), 0);
}

export function stepWork(network: Network): Work {
  return { ...trainingOf(network), flops: flopsOf(network), bytes: bytesOf(network) };
}

/** A step, what it learns from, and what learns. */
export interface Training extends Case {
  readonly step: (x: Tensor, y: Tensor) => Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly model: Model;
}

/** Learns classes by the cross-entropy; one output by the mean squared error. */
export function trainingOf({ sizes, batch }: Network): Training {
  const name = `${sizes.join('-')}, batch ${batch}`;
  const [features = 1, ...layers] = sizes;
  const classes = layers.at(-1) ?? 1;
  const hidden = layers.slice(0, -1).map((units) => dense(units, { activation: 'relu' }));
  setSeed(1); // other weights may end where the loss falls no more
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
    // It learns the batch by heart: the loss falls, in the end to 0, and is what the loss function gives for the answers.
    // (Whose losses are right against float64 is in the peers' bench.)
    verify: () => {
      const before = loss(y, model.call(x)).item();
      const first = step(x, y).item();
      if (first !== before) throw new Error(`${name}: compiled loss ${first}, uncompiled ${before}`);
      for (let i = 0; i < 50; i++) step(x, y);
      const after = step(x, y).item();
      if (!(after < before || after < 1e-5))
        throw new Error(`${name}: the loss does not fall: ${before}, then ${after}`);
    },
  };
}
