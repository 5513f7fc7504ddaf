// Is it a virginica? A single unit answers with a probability; from which one on that means yes is ours to say. A low threshold misses
// few (recall), a high one is seldom wrong (precision). The area under the curve of all thresholds, auc, depends on none.

import { adam, dense, iris, metrics, sequential, setSeed, standardScaler, type Tensor } from 'treadle';

setSeed(1);
const { train, test } = iris({ seed: 1 });
const scaler = standardScaler().fit(train.x);
const isVirginica = (species: Tensor): Tensor => species.equal(2);

const thresholds = [0.1, 0.3, 0.5, 0.7, 0.9];
const figures = thresholds.flatMap((threshold) => [
  metrics.precision({ threshold, name: `precision from ${threshold}` }),
  metrics.recall({ threshold, name: `recall from ${threshold}` }),
  metrics.f1({ threshold, name: `f1 from ${threshold}` }),
]);
const model = sequential([dense(1, { activation: 'sigmoid' })]);
model.compile({ optimizer: adam(0.1), loss: 'binaryCrossentropy', metrics: ['auc', ...figures] });
await model.fit(scaler.transform(train.x), isVirginica(train.y), { epochs: 50, seed: 1, verbose: 0 });

for (const [which, { x, y }] of Object.entries({ learned: train, unseen: test })) {
  const logs = await model.evaluate(scaler.transform(x), isVirginica(y));
  console.log(`${which} flowers: auc ${logs.auc?.toFixed(3)}`);
  const rows = thresholds.map((t) => {
    const figure = (name: string): number => Number(logs[`${name} from ${t}`]?.toFixed(3));
    return [`yes from ${t}`, { precision: figure('precision'), recall: figure('recall'), f1: figure('f1') }];
  });
  console.table(Object.fromEntries(rows));
}
