// What a program forgets is freed, without a word from it: after a loop of any length no more memory is in use than before, but
// for what its last round made. Between collections the blocks of forgotten tensors may pile up, but only to the engine's
// budget for them.

import { meanSquaredError } from '@treadle/losses';
import { dense } from '@treadle/nn';
import { adam, sgd } from '@treadle/optim';
import { compile, gradients, memory, ones, type Tensor, tensor } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { expect, test } from 'vitest';
import { memoryWhenCollected, nextIteration } from '../support/collected.ts';

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const times = (normal: number, long: number): number => (isLong ? long : normal);
const timeout = isLong ? 600_000 : 60_000;

const mebibyte = 2 ** 20;
/** blocks of realised values: beyond that the engine moves the oldest out */
const budget = 512 * mebibyte;
/** what a process may grow by for other reasons: machine code, the collector's own tables, stacks */
const slack = 64 * mebibyte;

/**
 * Repeats `act`, with a turn of the event loop now and then, and holds the memory before against the memory after. Something on
 * the stack or in a register may still hold what the last round made; so much is measured first.
 */
async function leavesNothing(name: string, count: number, every: number, act: () => unknown): Promise<void> {
  for (let i = 0; i < 20; i++) await act();
  const idle = await memoryWhenCollected();
  await act();
  const round = { bytes: memory().bytesInUse - idle.bytesInUse, tensors: memory().tensors - idle.tensors };
  const before = await memoryWhenCollected();
  const rssBefore = process.memoryUsage.rss();
  let peak = 0;
  for (let i = 1; i <= count; i++) {
    await act();
    if (i % every !== 0) continue;
    peak = Math.max(peak, memory().bytesInUse);
    await nextIteration();
  }
  const rss = process.memoryUsage.rss() - rssBefore;
  const after = await memoryWhenCollected();
  const reserved = after.bytesReserved - before.bytesReserved;
  const inMiB = [after.bytesInUse - before.bytesInUse, peak - before.bytesInUse, reserved, rss].map((bytes) =>
    (bytes / mebibyte).toFixed(1),
  );
  const names = ['in use', 'in use at most', 'reserved', 'resident'];
  console.log(`${count} × ${name}, MiB more: ${names.map((figure, i) => `${figure} ${inMiB[i]}`).join(', ')}`);
  expect(after.bytesInUse - idle.bytesInUse).toBeLessThanOrEqual(round.bytes);
  expect(after.tensors - idle.tensors).toBeLessThanOrEqual(round.tensors);
  expect(after.plans).toBe(before.plans);
  expect(count).toBeGreaterThan(round.tensors); // one tensor lost in each round would show
  expect(peak - idle.bytesInUse).toBeLessThanOrEqual(budget + round.bytes);
  // what is moved out of blocks is in arrays, until the collector comes: no more than the blocks may hold
  expect(rss).toBeLessThan(reserved + budget + slack);
}

const rows = 64;
const data = Float32Array.from({ length: rows * 32 }, (_, i) => Math.sin(i));
const batch = (): Tensor => tensor(data, { shape: [rows, 32] });
const targets = (): Tensor => tensor(data.subarray(0, rows * 4), { shape: [rows, 4] });

test('a compiled loop', { timeout }, async () => {
  const model = sequential([dense(48, { activation: 'tanh', inputShape: [32] }), dense(4)]);
  const [optimizer, loss] = [adam(1e-3), meanSquaredError()];
  const variables = model.trainableVariables;
  const step = compile((x: Tensor, y: Tensor) => {
    const prediction = model.call(x, { training: true });
    const total = loss(y, prediction);
    optimizer.apply(gradients(total, variables), variables);
    return { total, prediction };
  });
  await leavesNothing('compiled steps', times(3000, 100_000), 100, () => step(batch(), targets()).total.item());
});

test('an uncompiled loop', { timeout }, async () => {
  const model = sequential([dense(48, { activation: 'tanh', inputShape: [32] }), dense(4)]);
  const [optimizer, loss] = [sgd(1e-3), meanSquaredError()];
  const variables = model.trainableVariables;
  await leavesNothing('uncompiled steps', times(600, 10_000), 20, () => {
    const hidden = batch().add(0.5).realize();
    const total = loss(targets(), model.call(hidden, { training: true }));
    optimizer.apply(gradients(total, variables), variables);
    return total.item();
  });
});

test('fit, evaluate and predict, again and again', { timeout }, async () => {
  const model = sequential([dense(48, { activation: 'tanh', inputShape: [32] }), dense(4)]);
  model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
  await leavesNothing('fit, evaluate, predict', times(60, 1000), 1, async () => {
    await model.fit(batch(), targets(), { verbose: 0, batchSize: 24, validationSplit: 0.25 });
    await model.evaluate(batch(), targets(), { batchSize: 24 });
    await model.predict(batch(), { batchSize: 24 });
    await model.predict(batch().slice([0], [10]));
  });
});

test('models made and forgotten', { timeout }, async () => {
  await leavesNothing('a model', times(60, 300), 1, async () => {
    const model = sequential([dense(16, { inputShape: [32] }), dense(4)]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(batch(), targets(), { verbose: 0, callbacks: [{ onEpochEnd: () => void model.getWeights() }] });
  });
});

test('tensors that are many times larger than what is kept', { timeout }, async () => {
  await leavesNothing('4 MiB', times(160, 2000), 10, () => ones([1024, 1024]).realize());
});
