// What a training shows: lines where the output is no terminal, a bar on one, and a table of the model.

import { WriteStream } from 'node:tty';
import { dense, dropout, flatten } from '@treadle/nn';
import { progress, sequential, type Training, type Verbosity } from '@treadle/train';
import { expect, test } from 'vitest';
import { classifier, labelled } from './models.ts';

interface Screen {
  readonly output: NodeJS.WriteStream;
  readonly written: () => string;
}

/** A stream that keeps what is written to it, a terminal or not. */
function screen(isTTY: boolean, columns: number): Screen {
  let text = '';
  const write = (chunk: string): boolean => {
    text += chunk;
    return true;
  };
  const terminal = { isTTY, columns, rows: 24, write, cursorTo: move, clearLine: move, moveCursor: move };
  const output: NodeJS.WriteStream = Object.assign(Object.create(WriteStream.prototype), terminal);
  return { output, written: () => text };
}

function move(): boolean {
  return true;
}

async function shown(verbose: Verbosity, isTTY: boolean, fails = false, columns = 200): Promise<string> {
  const { x, y } = labelled(40);
  const { output, written } = screen(isTTY, columns);
  const onEpochEnd = (): void => {
    if (fails) throw new Error('enough');
  };
  const callbacks = [progress(verbose, output), { onEpochEnd }];
  const training = classifier().fit(x, y, { verbose: 0, epochs: 2, batchSize: 10, validationSplit: 0.25, callbacks });
  await training.catch(() => {});
  return written();
}

const time = String.raw`\d+(\.\d)? (s|ms|µs)`;
const figures = String.raw`loss: \d+\.\d{4} - accuracy: \d\.\d{4} - valLoss: \d+\.\d{4} - valAccuracy: \d\.\d{4}`;
const line = new RegExp(`^Epoch [12]/2 - ${time}, ${time}/step - ${figures}$`);

test.each([
  ['auto', false],
  [1, false],
  [2, false],
  [2, true],
] as const)('verbose %s, terminal %s: a line an epoch', async (verbose, isTTY) => {
  const lines = (await shown(verbose, isTTY)).trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  for (const text of lines) expect(text).toMatch(line);
});

test.each([
  ['auto', true],
  [1, true],
] as const)('verbose %s, terminal %s: a bar an epoch, full at its end, with the figures', async (verbose, isTTY) => {
  const text = await shown(verbose, isTTY);
  expect(text).toContain('Epoch 1/2');
  expect(text).toContain('Epoch 2/2');
  expect(text).toMatch(new RegExp(`█{24} 3/3 ${time}, ${time}/step - ${figures}`));
});

test.each([true, false])('a bar changes no mode of the terminal, whether training fails: %s', async (fails) => {
  const text = await shown(1, true, fails);
  expect(text).toContain('█');
  expect(text).not.toContain('\x1b[?');
});

test('a bar is no wider than the terminal', async () => {
  for (const columns of [20, 60]) {
    const shownText = await shown(1, true, false, columns);
    const text = ['\x1b7', '\x1b8', '\x1b[1G', '\x1b[0K'].reduce(
      (seen, moves) => seen.replaceAll(moves, ''),
      shownText,
    );
    const drawn = text.split('\n').flatMap((line) => line.split('Epoch ').slice(1));
    expect(Math.max(...drawn.map((rest) => 'Epoch '.length + rest.length))).toBe(columns);
  }
});

test('a bar reads figures no more often than it is drawn', () => {
  const { output, written } = screen(true, 80);
  const bar = progress(1, output);
  const training: Training = {
    epochs: 1,
    steps: 10_000,
    figures: ['loss'],
    learningRate: { isScheduled: false, get: () => 0, set: () => {} },
    stop: () => {},
    getWeights: () => ({}),
    setWeights: () => {},
  };
  let readings = 0;
  bar.onEpochBegin?.(0, training);
  for (let batch = 0; batch < training.steps; batch++) {
    const logs = {
      get loss() {
        readings++;
        return batch;
      },
    };
    bar.onBatchEnd?.(batch, logs, training);
  }
  bar.onTrainEnd?.(training);
  expect(readings).toBeLessThanOrEqual(written().split('Epoch 1/1').length - 1);
});

test.each([true, false])('verbose 0, terminal %s: nothing', async (isTTY) => {
  expect(await shown(0, isTTY)).toBe('');
});

test('a model as a table', () => {
  const layers = [
    flatten({ inputShape: [28, 28, 1] }),
    dense(512, { activation: 'relu' }),
    dropout(0.5),
    dense(10, { name: 'answer' }),
  ];
  const model = sequential(layers, { name: 'digits' });
  const [bias] = model.variables.slice(-1);
  if (bias) bias.trainable = false;
  expect(model.summary().split('\n')).toEqual([
    'Model: "digits"',
    '┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┓',
    '┃ Layer (type)      ┃ Output Shape ┃ Param # ┃',
    '┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━┩',
    '│ flatten (flatten) │ [batch, 784] │       0 │',
    '├───────────────────┼──────────────┼─────────┤',
    '│ dense (dense)     │ [batch, 512] │ 401,920 │',
    '├───────────────────┼──────────────┼─────────┤',
    '│ dropout (dropout) │ [batch, 512] │       0 │',
    '├───────────────────┼──────────────┼─────────┤',
    '│ answer (dense)    │ [batch, 10]  │   5,130 │',
    '└───────────────────┴──────────────┴─────────┘',
    ' Total params: 407,050 (1.55 MB)',
    ' Trainable params: 407,040 (1.55 MB)',
    ' Non-trainable params: 10 (40.00 B)',
  ]);
});

test('the summary of a model with unknown shapes names what is missing', () => {
  expect(() => sequential([dense(3)]).summary()).toThrow(
    'summary: the shape of the model’s input must be known; got none; give the first layer an inputShape',
  );
});
