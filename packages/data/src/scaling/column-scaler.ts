// Columns moved and stretched: y = (x − centre) / width · spread + base, each column of the last axis with figures of its
// own, which `fit` measures. The figures and the arithmetic are float64; only what is returned is rounded to float32.
// A column without width (all its values the same) keeps a width of 1, so it becomes `base` and comes back exactly.

import { ShapeError } from '@treadle/tensor';
import { type PlainArray, showShape } from '../rows/plain-array.ts';

/** What a column is measured as. */
export interface Extent {
  readonly centre: number;
  readonly width: number;
}

export interface Scaling {
  /** The name that error messages begin with. */
  readonly name: string;
  /** The centre and width of the values at `from`, `from + step`, …; a width of 0 for a column that has none. */
  readonly measure: (values: PlainArray['values'], from: number, step: number) => Extent;
  readonly spread: number;
  readonly base: number;
}

export class ColumnScaler {
  readonly #scaling: Scaling;
  #columns: readonly Extent[] | undefined;

  constructor(scaling: Scaling) {
    this.#scaling = scaling;
  }

  /** The centre and width of each column, as `fit` found them. */
  get columns(): readonly Extent[] {
    if (this.#columns === undefined) throw new Error(`${this.#scaling.name}: fit must come first; got no columns`);
    return this.#columns;
  }

  /** Measures the columns of x [rows, …, columns]. Throws RangeError when x has no rows or a value is not finite. */
  fit(x: PlainArray): void {
    const { name, measure } = this.#scaling;
    const count = columnCount(`${name}.fit`, x);
    checkFinite(`${name}.fit`, x, count);
    if (x.values.length === 0)
      throw new RangeError(`${name}.fit: x must have values; got the shape ${showShape(x.shape)}`);
    this.#columns = Array.from({ length: count }, (_, column) => {
      const { centre, width } = measure(x.values, column, count);
      return { centre, width: width === 0 ? 1 : width };
    });
  }

  /** x [rows, …, columns] scaled by the figures of `fit`. ShapeError for other columns, RangeError for NaN and infinity. */
  transform(x: PlainArray): PlainArray<Float32Array> {
    const { spread, base } = this.#scaling;
    return this.#map('transform', x, (value, { centre, width }) => ((value - centre) / width) * spread + base);
  }

  /** What `transform` was given, but for rounding. Throws as `transform` does. */
  inverseTransform(y: PlainArray): PlainArray<Float32Array> {
    const { spread, base } = this.#scaling;
    return this.#map('inverseTransform', y, (value, { centre, width }) => ((value - base) / spread) * width + centre);
  }

  #map(method: string, array: PlainArray, scale: (value: number, column: Extent) => number): PlainArray<Float32Array> {
    const op = `${this.#scaling.name}.${method}`;
    const columns = this.columns;
    const count = columnCount(op, array);
    if (count !== columns.length) {
      throw new ShapeError(
        `${op}: an array must have the ${columns.length} columns of fit; got ${showShape(array.shape)}`,
      );
    }
    checkFinite(op, array, count);
    const values = new Float32Array(array.values.length);
    for (const [c, column] of columns.entries()) {
      for (let i = c; i < values.length; i += count) values[i] = scale(array.values[i]!, column);
    }
    return { values, shape: array.shape };
  }
}

function columnCount(op: string, { shape }: PlainArray): number {
  if (shape.length < 2) {
    throw new ShapeError(
      `${op}: an array must have rows and columns; got the shape ${showShape(shape)}; reshape([-1, 1]) makes one column`,
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
      'fill or leave out what is missing first',
  );
}
