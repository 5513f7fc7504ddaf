// Compiled training steps of a large embedding table. A batch looks up a few rows, so the time should depend on the
// batch and not on the size of the table.

import {
  adagrad,
  adam,
  compile,
  embedding,
  gradients,
  meanSquaredError,
  type Optimizer,
  randomNormal,
  sequential,
  setSeed,
  sgd,
  type Tensor,
  tensor,
} from 'treadle';
import type { Rounds } from './measure.ts';
import { verifyTraining } from './verify.ts';
import { measureWork, type Row, type Work } from './work.ts';

interface Table {
  readonly rule: string;
  readonly make: () => Optimizer;
  /** values read and written for each looked-up value: the value itself and the state of the optimizer */
  readonly moved: number;
}

const [rows, width, batch] = [1_000_000, 32, 256];

const tables: readonly Table[] = [
  { rule: 'sgd', make: () => sgd(0.1), moved: 1 },
  { rule: 'adagrad', make: () => adagrad(0.1), moved: 2 },
  { rule: 'adam', make: () => adam(0.01), moved: 3 },
];

export function embeddingBench(rounds: Rounds): Row[] {
  return measureWork('embedding', tables.map(stepWork), rounds);
}

function stepWork({ rule, make, moved }: Table): Work {
  const name = `${rows}×${width}, batch ${batch}, ${rule}`;
  setSeed(1);
  const model = sequential([embedding(rows, width, { sparseGradient: true })]);
  model.build([]);
  const optimizer = make();
  const loss = meanSquaredError();
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, model.call(x, { training: true }));
    optimizer.apply(gradients(value, model.trainableVariables), model.trainableVariables);
    return value;
  });
  const x = tensor(Int32Array.from({ length: batch }, (_, i) => (i * 245_489) % rows));
  const y = randomNormal([batch, width], { seed: 1 }).realize();
  return {
    name,
    flops: 0,
    bytes: 2 * 4 * batch * width * moved,
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
