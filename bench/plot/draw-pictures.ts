// The pictures of the README, as SVG files in docs/pictures: a training that this script runs, and training steps beside those of
// other engines, as the table of bench/RESULTS.md has them. `node bench/plot/draw-pictures.ts`, after `npm run build`.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adam, dense, digits, flatten, sequential, sparseCategoricalCrossentropy } from 'treadle';
import { install } from '../install.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const epochs = 60;

interface Bar {
  readonly step: string;
  readonly engine: string;
  readonly milliseconds: number;
}

/** The rows `train …` of the table that compares engines. */
function barsIn(markdown: string): Bar[] {
  const lines = markdown.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const head = lines.find((cells) => cells.includes('Treadle') && cells.includes('jax-js'));
  if (!head) throw new Error('draw-pictures: bench/RESULTS.md must have a table of Treadle and jax-js');
  const engines = ['Treadle', 'PyTorch', 'jax-js', 'TF.js wasm'];
  return lines
    .filter(([, work = '']) => work.startsWith('train '))
    .flatMap((cells) =>
      engines.map((engine) => ({
        step: (cells[1] ?? '').replace(/^train /, '').replace(/, Adam$/, ''),
        engine,
        milliseconds: Number(cells[head.indexOf(engine)]),
      })),
    )
    .filter(({ milliseconds }) => milliseconds > 0);
}

interface Point {
  readonly epoch: number;
  readonly rows: string;
  readonly accuracy: number;
}

async function trainOnDigits(): Promise<readonly Point[]> {
  const { train, test } = digits({ seed: 1 });
  const model = sequential([flatten({ inputShape: [8, 8, 1] }), dense(128, { activation: 'relu' }), dense(10)]);
  model.compile({
    optimizer: adam(1e-3),
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  const { history } = await model.fit(train.x, train.y, {
    epochs,
    batchSize: 32,
    seed: 1,
    verbose: 0,
    validationData: [test.x, test.y],
  });
  return (['accuracy', 'valAccuracy'] as const).flatMap((name) =>
    (history[name] ?? []).map((accuracy, i) => ({
      epoch: i + 1,
      rows: name === 'accuracy' ? 'digits it learns from' : 'digits it has not seen',
      accuracy: 100 * accuracy,
    })),
  );
}

async function draw(name: string, spec: object): Promise<void> {
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const config = { font: 'sans-serif', view: { stroke: null }, axis: { labelFontSize: 12, titleFontSize: 12 } };
  const { spec: vega } = compile({ width: 420, height: 260, background: 'white', config, ...spec });
  writeFileSync(`${root}docs/pictures/${name}.svg`, `${await new View(parse(vega), { renderer: 'none' }).toSVG()}\n`);
}

const top = { orient: 'top', title: null, labelFontSize: 12, labelLimit: 300 };

install('plot');
await draw('training', {
  data: { values: await trainOnDigits() },
  mark: { type: 'line', strokeWidth: 2 },
  encoding: {
    x: { field: 'epoch', type: 'quantitative', title: 'epoch' },
    y: { field: 'accuracy', type: 'quantitative', title: 'accuracy, %', scale: { domain: [60, 100], clamp: true } },
    color: { field: 'rows', type: 'nominal', legend: top, scale: { scheme: 'tableau10' } },
  },
});
const bars = barsIn(readFileSync(`${root}bench/RESULTS.md`, 'utf8'));
const engines = [...new Set(bars.map(({ engine }) => engine))];
await draw('speed', {
  data: { values: bars },
  // A logarithmic axis has no zero for bars to begin at.
  mark: { type: 'point', filled: true, size: 110, opacity: 1 },
  encoding: {
    y: {
      field: 'step',
      type: 'nominal',
      title: null,
      sort: [...new Set(bars.map(({ step }) => step))],
      axis: { labelLimit: 300, grid: true },
    },
    x: {
      field: 'milliseconds',
      type: 'quantitative',
      title: 'milliseconds a training step, one thread',
      scale: { type: 'log', domain: [0.001, 1000] },
      axis: { values: [0.001, 0.01, 0.1, 1, 10, 100, 1000], format: '~r' },
    },
    color: { field: 'engine', type: 'nominal', sort: engines, legend: top, scale: { scheme: 'tableau10' } },
    shape: { field: 'engine', type: 'nominal', sort: engines, legend: top },
  },
});
