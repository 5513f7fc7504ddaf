// How a tensor prints: a line with shape and dtype, then the values in brackets as NumPy arranges them: aligned, long lines wrapped,
// and of many values the first and the last three along every axis. It works on plain arrays and does not know tensors.

import { type Dtype, type Shape, sizeOf } from '@treadle/graph';
import { numberFormat, showNumber } from './print-numbers.ts';

/** tensors with more elements are abridged */
const printedWhole = 1000;
/** number of elements that are shown at each end of an abridged axis */
const atEachEnd = 3;
/** characters in a line */
const lineWidth = 75;

/** `Tensor [2, 3] float32` */
export function heading(shape: Shape, dtype: Dtype): string {
  return `Tensor [${shape.join(', ')}] ${dtype}`;
}

/** The text of a tensor with these values. */
export function print(values: ArrayLike<number>, shape: Shape, dtype: Dtype): string {
  const head = heading(shape, dtype);
  if (shape.length === 0) return `${head} ${showNumber(values[0] ?? 0, dtype)}`;
  if (sizeOf(shape) === 0) return `${head}\n[]`;
  const isAbridged = values.length > printedWhole;
  const shown = shape.map((extent) => shownIndices(extent, isAbridged));
  const text = numberFormat(valuesAt(values, shape, shown), dtype);
  return `${head}\n${new Brackets(values, shape, shown, text).print(0, 0)}`;
}

/** The indices shown along an axis; −1 stands for those left out. */
function shownIndices(extent: number, isAbridged: boolean): number[] {
  if (!isAbridged || extent <= 2 * atEachEnd) return Array.from({ length: extent }, (_, i) => i);
  const first = Array.from({ length: atEachEnd }, (_, i) => i);
  return [...first, -1, ...first.map((i) => extent - atEachEnd + i)];
}

/** The values that are shown. */
function valuesAt(values: ArrayLike<number>, shape: Shape, shown: readonly number[][]): number[] {
  let offsets = [0];
  shape.forEach((extent, axis) => {
    const indices = (shown[axis] ?? []).filter((i) => i >= 0);
    offsets = offsets.flatMap((offset) => indices.map((i) => offset * extent + i));
  });
  return offsets.map((offset) => values[offset] ?? 0);
}

class Brackets {
  readonly #values: ArrayLike<number>;
  readonly #shape: Shape;
  readonly #shown: readonly (readonly number[])[];
  readonly #text: (x: number) => string;

  constructor(
    values: ArrayLike<number>,
    shape: Shape,
    shown: readonly (readonly number[])[],
    text: (x: number) => string,
  ) {
    this.#values = values;
    this.#shape = shape;
    this.#shown = shown;
    this.#text = text;
  }

  /** Element `offset` of all elements above this axis, in brackets; lines after the first are indented. */
  print(axis: number, offset: number): string {
    const inner = this.#shape.length - 1 - axis;
    const texts = (this.#shown[axis] ?? []).map((i) => {
      if (i < 0) return '...';
      const at = offset * (this.#shape[axis] ?? 1) + i;
      return inner === 0 ? this.#text(this.#values[at] ?? 0) : this.print(axis + 1, at);
    });
    const indent = ' '.repeat(axis + 1);
    return `[${inner === 0 ? wrap(texts, indent, lineWidth - axis - 1) : texts.join('\n'.repeat(inner) + indent)}]`;
  }
}

/** Words in lines of at most `width` characters, including the indent. */
function wrap(words: readonly string[], indent: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line.trimEnd());
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${indent}`);
}
