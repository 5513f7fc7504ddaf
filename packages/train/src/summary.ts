// A model as a table: layers, shapes, numbers of parameters.

import type { Sequential } from '@treadle/nn';

export function summary(model: Sequential): string {
  const layers = model.describeLayers();
  const rows = layers.map(({ name, kind, outputShape, params }) => [
    `${name} (${kind})`,
    `[batch${outputShape.map((extent) => `, ${extent}`).join('')}]`,
    params.toLocaleString('en'),
  ]);
  const head = ['Layer (kind)', 'Output shape', 'Parameters'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `│ ${cells.map((cell, column) => (column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' │ ')} │`;
  const rule = (left: string, middle: string, right: string): string =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(middle)}${right}`;
  const total = layers.reduce((sum, { params }) => sum + params, 0);
  const trainable = layers.reduce((sum, { trainableParams }) => sum + trainableParams, 0);
  return [
    `Model: ${model.name ?? 'sequential'}`,
    rule('┌', '┬', '┐'),
    line(head),
    rule('├', '┼', '┤'),
    ...rows.map(line),
    rule('└', '┴', '┘'),
    `Parameters: ${total.toLocaleString('en')} (${(4 * total).toLocaleString('en')} bytes)`,
    `Trainable: ${trainable.toLocaleString('en')}, fixed: ${(total - trainable).toLocaleString('en')}`,
  ].join('\n');
}
