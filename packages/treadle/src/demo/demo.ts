// The command `demo`: trains networks on real handwritten digits, prints their accuracy on unseen digits, and draws
// some of these digits with the predicted classes.

import { digits, mnist } from '@treadle/data';
import { sparseCategoricalCrossentropy } from '@treadle/losses';
import { adam } from '@treadle/optim';
import { features, setSeed, setThreads, shutdown, type Tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { nodeVersion, write } from '../node-command.ts';
import { drawDigits } from './draw-digits.ts';
import { digitTasks, type ModelName, mnistTasks, type Task } from './tasks.ts';

/** Options of `demo`. */
export interface DemoOptions {
  /** a folder with the files of MNIST; the embedded digits by default */
  readonly data?: string | undefined;
  /** 'dense' by default */
  readonly model?: ModelName | undefined;
  /** all cores by default */
  readonly threads?: number | undefined;
  readonly seed: number;
}

interface Labelled {
  readonly x: Tensor;
  readonly y: Tensor;
}

interface Digits {
  readonly train: Labelled;
  readonly test: Labelled;
}

/** Runs the demo and prints to stdout; the progress of training goes to stderr. Stops the worker threads at the end. */
export async function demo({ data, model = 'dense', threads, seed }: DemoOptions): Promise<void> {
  setSeed(seed);
  if (threads !== undefined) setThreads(threads);
  const { simd, fma, threads: count } = features();
  print(
    `${count} ${count === 1 ? 'thread' : 'threads'}, ${simd}-bit vectors, ${fma ? 'fused multiply-add' : 'no fused multiply-add'}, Node ${nodeVersion}`,
  );
  const sets = data === undefined ? digits({ seed }) : mnist(data);
  const tasks = data === undefined ? digitTasks : mnistTasks;
  for (const task of tasks[model]) await trainAndShow(sets, task, seed);
  await shutdown();
}

async function trainAndShow(sets: Digits, { title, layers, epochs, batchSize }: Task, seed: number): Promise<void> {
  const { train, test } = sets;
  print(
    `\n${title}: ${train.x.shape[0]} digits for training, ${test.x.shape[0]} unseen digits; Adam 0.001, batches of ${batchSize}, ${epochs} epochs`,
  );
  const model = sequential(layers(train.x.shape.slice(1)));
  model.compile({
    optimizer: adam(1e-3),
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  const start = performance.now();
  await model.fit(train.x, train.y, { epochs, batchSize, seed });
  const seconds = (performance.now() - start) / 1000;
  const { accuracy = Number.NaN } = await model.evaluate(test.x, test.y);
  print(`trained in ${seconds.toFixed(2)} s; ${(100 * accuracy).toFixed(1)} % of the unseen digits are read correctly`);
  await drawSome(model, test);
}

/**
 * Draws some unseen digits with their predicted classes: the first four that are right, then the first two mistakes.
 */
async function drawSome(model: Model, { x, y }: Labelled): Promise<void> {
  const labels = y.data();
  const predicted = (await model.predict(x)).argmax(-1).data();
  const wrong = [...predicted.keys()].filter((i) => predicted[i] !== labels[i]);
  const right = [...predicted.keys()].filter((i) => predicted[i] === labels[i]);
  const chosen = [...right.slice(0, 4), ...wrong.slice(0, 2)];
  const captions = chosen.map((i) =>
    predicted[i] === labels[i] ? `${predicted[i]}` : `${predicted[i]}, but is ${labels[i]}`,
  );
  const [, rows = 1, columns = 1] = x.shape;
  const pixels = x.data();
  const images = chosen.map((i) => pixels.slice(i * rows * columns, (i + 1) * rows * columns));
  print(drawDigits(images, rows, columns, captions));
}

function print(line: string): void {
  write(`${line}\n`);
}
