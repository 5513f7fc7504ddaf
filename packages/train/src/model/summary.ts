// summary: a model as a table, as Keras prints it: layers, shapes, numbers of parameters, and in a graph the inputs of each layer.

import { type LayerSummary, listExtents, type Network, type OpenShape } from '@treadle/nn';
import { ShapeError } from '@treadle/tensor';

/** The table as a text. Throws ShapeError for a model that is not built. */
export function summary(model: Network): string {
  if (!model.inputShapes) {
    throw new ShapeError(
      'summary: the shape of the model’s input must be known; got none; give the first layer an inputShape, or call the model once',
    );
  }
  const layers = model.describeLayers();
  const total = sum(layers, ({ params }) => params);
  const trainable = sum(layers, ({ trainableParams }) => trainableParams);
  const isGraph = model.kind !== 'sequential';
  const rows = layers.map((layer) => [...cellsOf(layer), ...(isGraph ? [layer.inputs.join(', ')] : [])]);
  const inputs = model.inputShapes.map((shape, i) => [`${model.inputNames[i]} (input)`, show(shape), '0', '-']);
  return [
    `Model: "${model.name ?? model.kind}"`,
    ...table(isGraph ? [...titles, 'Connected to'] : titles, isGraph ? [...inputs, ...rows] : rows),
    ` Total params: ${describeParams(total)}`,
    ` Trainable params: ${describeParams(trainable)}`,
    ` Non-trainable params: ${describeParams(total - trainable)}`,
  ].join('\n');
}

type Cells = readonly string[];

const titles: Cells = ['Layer (type)', 'Output Shape', 'Param #'];
/** the column of numbers, which are aligned at the right */
const paramColumn = 2;

function show(shape: OpenShape): string {
  return `[${listExtents(['batch', ...shape])}]`;
}

function cellsOf({ name, kind, outputShape, params }: LayerSummary): Cells {
  return [`${name} (${kind})`, show(outputShape), params.toLocaleString('en')];
}

function table(header: Cells, rows: readonly Cells[]): readonly string[] {
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((cells) => cells[i]?.length ?? 0)));
  const rule = (left: string, line: string, middle: string, right: string): string =>
    left + widths.map((columns) => line.repeat(columns + 2)).join(middle) + right;
  const row = (cells: Cells, edge: string): string =>
    `${edge}${widths.map((width, i) => ` ${i === paramColumn ? cells[i]?.padStart(width) : cells[i]?.padEnd(width)} `).join(edge)}${edge}`;
  return [
    rule('┏', '━', '┳', '┓'),
    row(header, '┃'),
    rule('┡', '━', '╇', '┩'),
    ...rows.flatMap((cells, i) => [...(i > 0 ? [rule('├', '─', '┼', '┤')] : []), row(cells, '│')]),
    rule('└', '─', '┴', '┘'),
  ];
}

function sum(layers: readonly LayerSummary[], figure: (layer: LayerSummary) => number): number {
  return layers.reduce((total, layer) => total + figure(layer), 0);
}

/** `101,770 (397.54 KB)`: the number of parameters and their size in float32. */
function describeParams(count: number): string {
  let size = 4 * count;
  let unit = 0;
  for (; size >= 1024 && unit < 3; unit++) size /= 1024;
  return `${count.toLocaleString('en')} (${size.toFixed(2)} ${['B', 'KB', 'MB', 'GB'][unit]})`;
}
