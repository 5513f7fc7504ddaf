// Logistic regression: is a flower of the species virginica? The model outputs a probability, and we choose the
// threshold from which it means "yes". A low threshold misses few positive flowers (high recall); a high threshold
// gives few wrong "yes" answers (high precision). The area under the ROC curve (auc) is computed over all thresholds,
// so it does not depend on the choice.

import { adam, dense, iris, metrics, sequential, setSeed, standardScaler, type Tensor } from 'treadle';

setSeed(1);
const { train, test } = iris({ seed: 1 });
const scaler = standardScaler().fit(train.x);
const isVirginica = (species: Tensor): Tensor => species.equal(2);

const thresholds = [0.1, 0.3, 0.5, 0.7, 0.9];
const chosen = thresholds.flatMap((threshold) => [
  metrics.precision({ threshold, name: `precision at ${threshold}` }),
  metrics.recall({ threshold, name: `recall at ${threshold}` }),
  metrics.f1({ threshold, name: `f1 at ${threshold}` }),
]);
const model = sequential([dense(1, { activation: 'sigmoid' })]);
model.compile({ optimizer: adam(0.1), loss: 'binaryCrossentropy', metrics: ['auc', ...chosen] });
await model.fit(scaler.transform(train.x), isVirginica(train.y), { epochs: 50, seed: 1, verbose: 0 });

for (const [which, { x, y }] of Object.entries({ training: train, unseen: test })) {
  const logs = await model.evaluate(scaler.transform(x), isVirginica(y));
  console.log(`${which} flowers: auc ${logs.auc?.toFixed(3)}`);
  const rows = thresholds.map((t) => {
    const value = (name: string): number => Number(logs[`${name} at ${t}`]?.toFixed(3));
    return [`threshold ${t}`, { precision: value('precision'), recall: value('recall'), f1: value('f1') }];
  });
  console.table(Object.fromEntries(rows));
}
