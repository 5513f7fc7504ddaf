// Multi-label classification: three yes-or-no questions about the same point. Is it in the circle, above the line, in
// the square? Any number of answers can be "yes", so each question has its own sigmoid output and its own loss.

import { adam, dense, input, model, randomUniform, setSeed } from 'treadle';

setSeed(2);
const points = randomUniform([2000, 2], { min: -1, max: 1 }).realize();
const [x, y] = points.split(2, 1);
const answers = {
  circle: x!.square().add(y!.square()).less(0.5).cast('float32').realize(),
  line: y!.greater(x!.mul(0.5)).cast('float32').realize(),
  square: x!.abs().maximum(y!.abs()).less(0.6).cast('float32').realize(),
};

const point = input([2], { name: 'point' });
const hidden = dense(32, { activation: 'relu' })(dense(32, { activation: 'relu' })(point));
const yesNo = () => dense(1, { activation: 'sigmoid' })(hidden);
const net = model({ inputs: point, outputs: { circle: yesNo(), line: yesNo(), square: yesNo() } });
console.log(net.summary());

net.compile({ optimizer: adam(0.01), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
await net.fit(points, answers, { epochs: 25, batchSize: 50, validationSplit: 0.2, verbose: 0, seed: 1 });
const { loss, ...logs } = await net.evaluate(
  points.slice([1600]),
  Object.fromEntries(Object.entries(answers).map(([name, t]) => [name, t.slice([1600])])),
);
console.log(`loss ${loss.toFixed(3)}`);
for (const name of ['circle', 'line', 'square']) console.log(`${name}: ${logs[`${name}Accuracy`]?.toFixed(3)} correct`);
console.log(
  await net.predict([
    [0, 0],
    [0.9, -0.9],
    [-0.5, 0.4],
  ]),
);
