// The demo: trains on real digits before the user's eyes, then shows some with what the network takes them for.

import { digits, mnist } from '@treadle/data';
import { sparseCategoricalCrossentropy } from '@treadle/losses';
import { adam } from '@treadle/optim';
import { features, setSeed, setThreads, shutdown, type Tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { nodeVersion, write } from '../node-command.ts';
import { drawDigits } from './draw-digits.ts';
import { digitTasks, type ModelName, mnistTasks, type Task } from './tasks.ts';

export interface DemoOptions {
  /** a folder with the files of MNIST; by default the embedded digits are used */
  readonly data?: string | undefined;
  /** 'dense' by default */
  readonly model?: ModelName | undefined;
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

export async function demo({ data, model = 'dense', threads, seed }: DemoOptions): Promise<void> {
  setSeed(seed);
  if (threads !== undefined) setThreads(threads);
  const { simd, fma, threads: team } = features();
  say(
    `${team} ${team === 1 ? 'thread' : 'threads'}, ${simd}-bit vectors, ${fma ? 'fused multiply-add' : 'no fused multiply-add'}, Node ${nodeVersion}`,
  );
  const sets = data === undefined ? digits({ seed }) : mnist(data);
  const tasks = data === undefined ? digitTasks : mnistTasks;
  for (const task of tasks[model]) await train(sets, task, seed);
  await shutdown();
}

async function train(sets: Digits, { title, layers, epochs, batchSize }: Task, seed: number): Promise<void> {
  const { train: learned, test } = sets;
  say(
    `\n${title}: ${learned.x.shape[0]} digits to learn from, ${test.x.shape[0]} unseen ones; Adam 0.001, batches of ${batchSize}, ${epochs} epochs`,
  );
  const model = sequential(layers(learned.x.shape.slice(1)));
  model.compile({
    optimizer: adam(1e-3),
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  const began = performance.now();
  await model.fit(learned.x, learned.y, { epochs, batchSize, seed });
  const seconds = (performance.now() - began) / 1000;
  const { accuracy = Number.NaN } = await model.evaluate(test.x, test.y);
  say(`trained in ${seconds.toFixed(2)} s; ${(100 * accuracy).toFixed(1)} % of the unseen digits are read correctly`);
  await show(model, test);
}

/** A few unseen digits with what the model takes them for, the first mistakes among them. */
async function show(model: Model, { x, y }: Labelled): Promise<void> {
  const labels = y.data();
  const answers = (await model.predict(x)).argmax(-1).data();
  const wrong = [...answers.keys()].filter((i) => answers[i] !== labels[i]);
  const right = [...answers.keys()].filter((i) => answers[i] === labels[i]);
  const chosen = [...right.slice(0, 4), ...wrong.slice(0, 2)];
  const captions = chosen.map((i) =>
    answers[i] === labels[i] ? `${answers[i]}` : `${answers[i]}, but is ${labels[i]}`,
  );
  const [, rows = 1, columns = 1] = x.shape;
  const pixels = x.data();
  const images = chosen.map((i) => pixels.slice(i * rows * columns, (i + 1) * rows * columns));
  say(drawDigits(images, rows, columns, captions));
}

function say(line: string): void {
  write(`${line}\n`);
}
