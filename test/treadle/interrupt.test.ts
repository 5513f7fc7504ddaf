// A program that is stopped during training with a progress bar ends as it does without one, and the terminal is left
// as it was.

import { expect, test } from 'vitest';
import { run } from './programs.ts';

/** A program that trains with a progress bar on a terminal, and executes `act` after the third step. */
const training = (act: string): string => `
  import { dense, randomNormal, sequential } from 'treadle';
  Object.assign(process.stderr, { isTTY: true, columns: 100 });
  const model = sequential([dense(2, { inputShape: [3] })]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  await model.evaluate(randomNormal([8, 3]), randomNormal([8, 2]));
  const before = listeners();
  const onBatchEnd = async (batch) => {
    if (batch !== 2) return;
    if (listeners() !== before) console.log('listeners were added');
    ${act};
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await model.fit(randomNormal([40, 3]), randomNormal([40, 2]), { batchSize: 8, verbose: 1, callbacks: [{ onBatchEnd }] });
  console.log('done');
`;

const kill = (signal: string): string => `process.kill(process.pid, '${signal}')`;
const dieOf = (signal: string): string => `${kill(signal)}; await new Promise(() => setInterval(() => {}, 1000))`;
const caught = "process.once('SIGINT', () => console.log('caught'));";

test.each([
  ['SIGINT', dieOf('SIGINT'), 'SIGINT', ''],
  ['SIGTERM', dieOf('SIGTERM'), 'SIGTERM', ''],
  ['SIGHUP', dieOf('SIGHUP'), 'SIGHUP', ''],
  ['process.exit', 'process.exit(3)', 3, ''],
  ['an error in a callback', "throw new Error('enough')", 1, ''],
  ['a SIGINT that the program handles', caught + kill('SIGINT'), 0, 'caught\ndone'],
])('%s ends the program as it does without a progress bar', async (_, act, code, stdout) => {
  const ending = await run(process.execPath, ['--input-type=module', '--eval', training(act)]);
  expect({ code: ending.code, stdout: ending.stdout.trim() }, ending.stderr).toEqual({ code, stdout });
  expect(ending.stderr).toContain('Epoch 1/1');
  expect(ending.stderr).not.toContain('\x1b[?');
});
