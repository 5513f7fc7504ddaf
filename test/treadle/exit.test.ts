// A program needs no clean-up: it ends by itself with code 0 after it has computed or trained, and with code 1 after an
// error.

import { describe, expect, test } from 'vitest';
import { nodes, run } from './programs.ts';

const prelude = `
  import { adam, dense, matmul, randomNormal, sequential, setThreads, shutdown, tensor } from 'treadle';
  setThreads(3);
  const model = sequential([dense(64, { activation: 'relu', inputShape: [32] }), dense(10)]);
  model.compile({ optimizer: adam(), loss: 'mse' });
  const [x, y] = [randomNormal([512, 32]), randomNormal([512, 10])];
  const options = { epochs: 2, verbose: 0 };
`;

const programs = [
  ['computes', 'console.log(matmul(x, y, { transposeA: true }).shape.join());', '32,10', 0],
  [
    'trains, evaluates and predicts',
    'await model.fit(x, y, options); await model.evaluate(x, y); console.log((await model.predict(x)).shape.join());',
    '512,10',
    0,
  ],
  [
    'does not await the training that it started',
    'model.fit(x, y, { ...options, callbacks: [{ onTrainEnd: () => console.log("done") }] });',
    'done',
    0,
  ],
  [
    'trains with steps during which the event loop runs',
    'const big = sequential([dense(1024), dense(10)]); big.compile({ optimizer: adam(), loss: "mse" }); await big.fit(randomNormal([2048, 512]), randomNormal([2048, 10]), { ...options, batchSize: 512 }); console.log("done");',
    'done',
    0,
  ],
  [
    'calls shutdown, and then computes again',
    'await model.fit(x, y, options); await shutdown(); console.log(tensor([1, 2]).sum().item());',
    '3',
    0,
  ],
  [
    'throws in a callback of training',
    'await model.fit(x, y, { ...options, callbacks: [{ onBatchEnd: () => { console.log("stop"); throw new Error("enough"); } }] });',
    'stop',
    1,
  ],
] as const;

describe.each([...nodes])('under Node %s, a program that', (_, node) => {
  test.each(programs)('%s ends by itself', async (_, script, stdout, code) => {
    const ending = await run(node, ['--input-type=module', '--eval', prelude + script]);
    expect({ code: ending.code, stdout: ending.stdout.trim() }, ending.stderr).toEqual({ code, stdout });
    if (code === 0) expect(ending.stderr).toBe('');
  });
});
