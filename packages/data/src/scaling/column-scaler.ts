// Scales columns: y = (x − centre) / scale · rangeWidth + rangeStart. Each column of the last axis has its own centre
// and scale, which `fit` measures. The arithmetic is in float64; only the result is rounded to float32. Does not know
// how a column is measured.
// Invariant: a column of equal values has the scale 1, so it becomes `rangeStart`, and the inverse gives the exact
// value back.

import { ShapeError, showShape } from '@treadle/tensor';
import type { PlainArray } from '../rows/plain-array.ts';

/** What is measured in a column. */
export interface ColumnStatistics {
  readonly centre: number;
  readonly scale: number;
}

export interface Scaling {
  /** The name that error messages begin with. */
  readonly name: string;
  /** The statistics of the values at `start`, `start + stride`, …; the scale is 0 if all of them are equal. */
  readonly measure: (values: PlainArray['values'], start: number, stride: number) => ColumnStatistics;
  readonly rangeWidth: number;
  readonly rangeStart: number;
}

export class ColumnScaler {
  readonly #scaling: Scaling;
  #statistics: readonly ColumnStatistics[] | undefined;

  constructor(scaling: Scaling) {
    this.#scaling = scaling;
  }

  /** The statistics of each column, from the last `fit`. Throws Error before the first. */
  get statistics(): readonly ColumnStatistics[] {
    if (this.#statistics === undefined)
      throw new Error(`${this.#scaling.name}: fit must be called first; got no fitted columns`);
    return this.#statistics;
  }

  /** Measures the columns of x [rows, …, columns]. Throws RangeError when x has no values or a value is not finite. */
  fit(x: PlainArray): void {
    const { name, measure } = this.#scaling;
    const count = columnCount(`${name}.fit`, x);
    checkFinite(`${name}.fit`, x, count);
    if (x.values.length === 0)
      throw new RangeError(`${name}.fit: x must have values; got the shape ${showShape(x.shape)}`);
    this.#statistics = Array.from({ length: count }, (_, column) => {
      const { centre, scale } = measure(x.values, column, count);
      return { centre, scale: scale === 0 ? 1 : scale };
    });
  }

  /** Scales x [rows, …, columns]. Throws ShapeError for another number of columns, RangeError for NaN and infinity. */
  transform(x: PlainArray): PlainArray<Float32Array> {
    const { rangeWidth, rangeStart } = this.#scaling;
    return this.#map(
      'transform',
      x,
      (value, { centre, scale }) => ((value - centre) / scale) * rangeWidth + rangeStart,
    );
  }

  /** The inverse of `transform`, up to rounding. Throws as `transform` does. */
  inverseTransform(y: PlainArray): PlainArray<Float32Array> {
    const { rangeWidth, rangeStart } = this.#scaling;
    return this.#map(
      'inverseTransform',
      y,
      (value, { centre, scale }) => ((value - rangeStart) / rangeWidth) * scale + centre,
    );
  }

  #map(
    method: string,
    array: PlainArray,
    convert: (value: number, column: ColumnStatistics) => number,
  ): PlainArray<Float32Array> {
    const op = `${this.#scaling.name}.${method}`;
    const columns = this.statistics;
    const count = columnCount(op, array);
    if (count !== columns.length) {
      throw new ShapeError(
        `${op}: an array must have ${columns.length} columns, as in fit; got ${showShape(array.shape)}`,
      );
    }
    checkFinite(op, array, count);
    const values = new Float32Array(array.values.length);
    for (const [c, column] of columns.entries()) {
      for (let i = c; i < values.length; i += count) values[i] = convert(array.values[i]!, column);
    }
    return { values, shape: array.shape };
  }
}

function columnCount(op: string, { shape }: PlainArray): number {
  if (shape.length < 2) {
    throw new ShapeError(
      `${op}: an array must have rows and columns; got the shape ${showShape(shape)}; reshape([-1, 1]) gives one column`,
    );
  }
  return shape.at(-1) ?? 0;
}

function checkFinite(op: string, { values }: PlainArray, columns: number): void {
  if (values instanceof Int32Array) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new RangeError(
    `${op}: values must be finite; got ${values[at]} in row ${Math.floor(at / columns)}, column ${at % columns}; ` +
      'replace or remove missing values first',
  );
}
