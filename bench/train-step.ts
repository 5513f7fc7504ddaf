// A compiled training step (forward, backward, Adam) as a share of the micro-kernel's speed in the same rounds.

import {
  adam,
  compile,
  dense,
  gradients,
  Model,
  randomNormal,
  setThreads,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
  threads,
} from 'treadle';
import { arithmeticLimit } from './limits.ts';
import { type Case, measure } from './measure.ts';

interface Network {
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

const nameOf = ({ sizes, batch }: Network): string => `${sizes.join('-')}, batch ${batch}`;

/** The multiplications and additions of the products: forward, weight gradients, and input gradients but the first. */
function flopsOf({ sizes, batch }: Network): number {
  return sizes.slice(1).reduce((sum, n, i) => sum + 2 * batch * n * (sizes[i] ?? 0) * (i === 0 ? 2 : 3), 0);
}

export function trainStepBench(): void {
  const all = threads();
  const limit = arithmeticLimit();
  const cases = networks.map(stepCase);
  setThreads(1);
  const alone = measure([limit, ...cases]);
  setThreads(all);
  const together = measure(cases);
  const peak = limit.flops / (alone.get(limit.name)?.ms ?? 0) / 1e6;
  console.log(`\ntraining steps with Adam: the limit is ${peak.toFixed(1)} GFLOP/s on one thread`);
  console.table(
    networks.map((network) => {
      const name = nameOf(network);
      const [one, many] = [alone.get(name)?.ms ?? 0, together.get(name)?.ms ?? 0];
      return {
        network: name,
        'ms, 1 thread': one.toFixed(4),
        'of the limit': `${((100 * flopsOf(network)) / one / 1e6 / peak).toFixed(0)} %`,
        [`ms, ${all} threads`]: many.toFixed(4),
        'speed-up': `${(one / many).toFixed(2)} ×`,
      };
    }),
  );
}

function stepCase(network: Network): Case {
  const { sizes, batch } = network;
  const [features = 1, ...layers] = sizes;
  const classes = layers.at(-1) ?? 1;
  const hidden = layers.slice(0, -1).map((units) => dense(units, { activation: 'relu' }));
  const model = new Model([...hidden, dense(classes)]);
  model.build([features]);
  const optimizer = adam(1e-3);
  const loss = sparseCategoricalCrossentropy({ fromLogits: true });
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, model.call(x, { training: true }));
    optimizer.apply(gradients(value, model.trainableVariables), model.trainableVariables);
    return value;
  });
  const x = randomNormal([batch, features], { seed: 1 }).realize();
  const y = tensor(Int32Array.from({ length: batch }, (_, i) => i % classes));
  return {
    name: nameOf(network),
    run: () => step(x, y),
    // It learns the batch by heart: the loss falls, in the end to 0, and is what the loss function gives for the answers.
    verify: () => {
      const before = loss(y, model.call(x)).item();
      const first = step(x, y).item();
      if (first !== before) throw new Error(`${nameOf(network)}: compiled loss ${first}, uncompiled ${before}`);
      for (let i = 0; i < 50; i++) step(x, y);
      const after = step(x, y).item();
      if (!(after < before || after === 0))
        throw new Error(`${nameOf(network)}: the loss does not fall: ${before}, then ${after}`);
    },
  };
}
