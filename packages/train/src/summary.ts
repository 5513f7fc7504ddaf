// A model as a table, as Keras prints it: layers, shapes, numbers of parameters.

import type { LayerSummary, Sequential } from '@treadle/nn';
import { ShapeError } from '@treadle/tensor';

/** Throws ShapeError for a model that is not built. */
export function summary(model: Sequential): string {
  if (!model.isBuilt) {
    throw new ShapeError(
      'summary: the shape of the model’s input must be known; got none; give the first layer an inputShape, or call the model once',
    );
  }
  const layers = model.describeLayers();
  const total = sum(layers, ({ params }) => params);
  const trainable = sum(layers, ({ trainableParams }) => trainableParams);
  return [
    `Model: "${model.name ?? 'sequential'}"`,
    ...table(layers.map(cellsOf)),
    ` Total params: ${describeParams(total)}`,
    ` Trainable params: ${describeParams(trainable)}`,
    ` Non-trainable params: ${describeParams(total - trainable)}`,
  ].join('\n');
}

type Cells = readonly [layer: string, shape: string, params: string];

const titles: Cells = ['Layer (type)', 'Output Shape', 'Param #'];

function cellsOf({ name, kind, outputShape, params }: LayerSummary): Cells {
  return [`${name} (${kind})`, `[${['batch', ...outputShape].join(', ')}]`, params.toLocaleString('en')];
}

function table(rows: readonly Cells[]): readonly string[] {
  const width = (column: 0 | 1 | 2): number => Math.max(...[titles, ...rows].map((cells) => cells[column].length));
  const widths = [width(0), width(1), width(2)] as const;
  const rule = (left: string, line: string, middle: string, right: string): string =>
    left + widths.map((columns) => line.repeat(columns + 2)).join(middle) + right;
  const row = ([layer, shape, params]: Cells, edge: string): string =>
    `${edge} ${layer.padEnd(widths[0])} ${edge} ${shape.padEnd(widths[1])} ${edge} ${params.padStart(widths[2])} ${edge}`;
  return [
    rule('┏', '━', '┳', '┓'),
    row(titles, '┃'),
    rule('┡', '━', '╇', '┩'),
    ...rows.flatMap((cells, i) => [...(i > 0 ? [rule('├', '─', '┼', '┤')] : []), row(cells, '│')]),
    rule('└', '─', '┴', '┘'),
  ];
}

function sum(layers: readonly LayerSummary[], figure: (layer: LayerSummary) => number): number {
  return layers.reduce((total, layer) => total + figure(layer), 0);
}

/** `101,770 (397.54 KB)`: how many, and how much memory float32 takes. */
function describeParams(count: number): string {
  let size = 4 * count;
  let unit = 0;
  for (; size >= 1024 && unit < 3; unit++) size /= 1024;
  return `${count.toLocaleString('en')} (${size.toFixed(2)} ${['B', 'KB', 'MB', 'GB'][unit]})`;
}
