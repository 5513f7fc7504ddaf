// Laws of the scalers and of one-hot rows. u is the unit roundoff of float64, v that of float32, and `tiny` half the
// smallest positive float32. A bound counts one roundoff for each operation.

import {
  ColumnScaler,
  type ColumnStatistics,
  minMaxScaling,
  oneHotRows,
  type PlainArray,
  standardScaling,
} from '@treadle/data';
import { ShapeError } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const u = 2 ** -53;
const v = 2 ** -24;
const tiny = 2 ** -150;

const wide = fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) });
const near = fc.integer({ min: -20, max: 20 }).map((i) => Math.fround(1000 + i * 2 ** -13)); // close together, far from 0
const tables = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc
    .array(fc.array(fc.oneof(wide, near, fc.constant(5)), { minLength: columns, maxLength: columns }), {
      minLength: 1,
      maxLength: 30,
    })
    .map((rows): PlainArray => ({ values: Float32Array.from(rows.flat()), shape: [rows.length, columns] })),
);
const sameKind = fc.oneof(wide, near).chain((first) => fc.array(fc.constant(first), { minLength: 1, maxLength: 9 }));
const limits = fc
  .tuple(fc.float({ noNaN: true, min: -10, max: 10 }), fc.float({ noNaN: true, min: Math.fround(0.001), max: 10 }))
  .map(([low, width]): [number, number] => [low, Math.fround(low + width)]);

const columnsOf = ({ shape }: PlainArray): number => shape.at(-1) ?? 0;

/** The values of one column. */
function column({ values, shape }: PlainArray, c: number): number[] {
  const count = shape.at(-1) ?? 0;
  return [...values].filter((_, i) => i % count === c);
}

function fitted(scaling: ReturnType<typeof standardScaling>, x: PlainArray): ColumnScaler {
  const scaler = new ColumnScaler(scaling);
  scaler.fit(x);
  return scaler;
}

/** A bound of |inverse(transform(x)) − x|: y is rounded to float32, scaled back, and rounded again. */
function inverseBound(x: number, y: number, { centre, scale }: ColumnStatistics, spread: number, base: number): number {
  const stretched = (scale / spread) * (v * Math.abs(y) * 1.01 + tiny + 8 * u * (Math.abs(y) + Math.abs(base)));
  return stretched + 1.01 * v * Math.abs(x) + v * stretched + tiny + 8 * u * (Math.abs(x) + Math.abs(centre) + scale);
}

function expectInverse(scaler: ColumnScaler, x: PlainArray, spread: number, base: number): void {
  const y = scaler.transform(x);
  const back = scaler.inverseTransform(y);
  expect(back.shape).toEqual(x.shape);
  for (const [i, value] of x.values.entries()) {
    const bound = inverseBound(value, y.values[i]!, scaler.statistics[i % columnsOf(x)]!, spread, base);
    expect(
      Math.abs(back.values[i]! - value),
      `element ${i}: ${value} came back as ${back.values[i]}`,
    ).toBeLessThanOrEqual(bound);
  }
}

describe('minMaxScaler', () => {
  test('maps the smallest and the largest value of a column to the ends of the range', () => {
    fc.assert(
      fc.property(tables, limits, (x, [low, high]) => {
        const y = fitted(minMaxScaling({ range: [low, high] }), x).transform(x);
        const slack = (end: number): number => v * Math.abs(end) + tiny + 8 * u * (Math.abs(low) + Math.abs(high));
        for (let c = 0; c < columnsOf(x); c++) {
          const before = column(x, c);
          const after = column(y, c);
          const isConstant = Math.min(...before) === Math.max(...before);
          expect(Math.abs(Math.min(...after) - low)).toBeLessThanOrEqual(slack(low));
          expect(Math.abs(Math.max(...after) - (isConstant ? low : high))).toBeLessThanOrEqual(slack(high));
        }
      }),
    );
  });

  test('inverse(transform(x)) = x up to rounding', () => {
    fc.assert(
      fc.property(tables, limits, (x, [low, high]) => {
        expectInverse(fitted(minMaxScaling({ range: [low, high] }), x), x, high - low, low);
      }),
    );
  });

  test('keeps the order of values', () => {
    fc.assert(
      fc.property(fc.array(wide, { minLength: 2, maxLength: 30 }), (list) => {
        const x = { values: Float32Array.from(list).sort(), shape: [list.length, 1] };
        const y = fitted(minMaxScaling(), x).transform(x).values;
        expect(y).toEqual(y.slice().sort());
      }),
    );
  });

  test('treats a column with max − min ≤ epsilon as a column of equal values', () => {
    const x = { values: Float32Array.of(1, 10, 1.5, 20), shape: [2, 2] };
    expect([...fitted(minMaxScaling({ epsilon: 0.5 }), x).transform(x).values]).toEqual([0, 0, 0.5, 1]);
  });

  test.each([
    [{ range: [1, 1] }, 'minMaxScaler: range must be two finite numbers, the smaller one first; got [1, 1]'],
    [{ range: [0, Number.NaN] }, 'got [0, NaN]'],
    [{ range: [0, Number.POSITIVE_INFINITY] }, 'got [0, Infinity]'],
    [{ epsilon: -1 }, 'minMaxScaler: epsilon must be a finite number ≥ 0; got -1'],
    [{ epsilon: Number.POSITIVE_INFINITY }, 'got Infinity'],
  ] as const)('%j is a RangeError', (options, message) => {
    expect(() => minMaxScaling(options)).toThrow(RangeError);
    expect(() => minMaxScaling(options)).toThrow(message);
  });
});

describe('standardScaler', () => {
  test('columns get mean 0 and variance 1, and columns of equal values become 0', () => {
    fc.assert(
      fc.property(tables, (x) => {
        const scaler = fitted(standardScaling(), x);
        const y = scaler.transform(x);
        for (let c = 0; c < columnsOf(x); c++) {
          const before = column(x, c);
          const after = column(y, c);
          const n = after.length;
          if (before.every((value) => value === before[0])) {
            expect(after).toEqual(new Array(n).fill(0));
            continue;
          }
          const largest = Math.max(...before.map(Math.abs));
          const meanBound = v + tiny + (4 * n + 16) * u * (1 + largest / scaler.statistics[c]!.scale);
          const mean = after.reduce((sum, value) => sum + value, 0) / n;
          const variance = after.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
          expect(Math.abs(mean)).toBeLessThanOrEqual(meanBound);
          expect(Math.abs(variance - 1)).toBeLessThanOrEqual(2.1 * v + (8 * n + 32) * u + 2 * meanBound ** 2);
        }
      }),
    );
  });

  test('inverse(transform(x)) = x up to rounding', () => {
    fc.assert(fc.property(tables, (x) => expectInverse(fitted(standardScaling(), x), x, 1, 0)));
  });
});

describe.each([
  ['minMaxScaler', () => minMaxScaling()],
  ['standardScaler', () => standardScaling()],
] as const)('%s', (name, scaling) => {
  test('a column of equal values becomes 0, and the inverse gives it back exactly, with 0 for −0', () => {
    fc.assert(
      fc.property(sameKind, (list) => {
        const x = { values: Float32Array.from(list), shape: [list.length, 1] };
        const scaler = fitted(scaling(), x);
        const y = scaler.transform(x);
        expect([...y.values]).toEqual(list.map(() => 0));
        expect([...scaler.inverseTransform(y).values]).toEqual(list.map((value) => value + 0));
      }),
    );
  });

  test('each column of the last axis is scaled as if it were the only one, also for int32', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), fc.integer()), { minLength: 1, maxLength: 12 }), (rows) => {
        const x = { values: Int32Array.from(rows.flat()), shape: [1, rows.length, 2] };
        const y = fitted(scaling(), x).transform(x);
        for (const c of [0, 1]) {
          const alone = { values: Int32Array.from(column(x, c)), shape: [rows.length, 1] };
          expect(column(y, c)).toEqual([...fitted(scaling(), alone).transform(alone).values]);
        }
      }),
    );
  });

  test('arrays without rows or columns, other columns than in fit, NaN and infinity are errors that name the method', () => {
    const x = { values: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
    const scaler = fitted(scaling(), x);
    expect(() => scaler.transform({ values: x.values, shape: [4] })).toThrow(ShapeError);
    expect(() => scaler.transform({ values: x.values, shape: [4, 1] })).toThrow(ShapeError);
    expect(() => new ColumnScaler(scaling()).transform(x)).toThrow(
      `${name}: fit must be called first; got no fitted columns`,
    );
    expect(() => scaler.fit({ values: x.values, shape: [4] })).toThrow(
      `${name}.fit: an array must have rows and columns; got the shape [4]; reshape([-1, 1]) gives one column`,
    );
    expect(() => scaler.fit({ values: new Float32Array(0), shape: [0, 2] })).toThrow(
      `${name}.fit: x must have values; got the shape [0, 2]`,
    );
    expect(() => scaler.inverseTransform({ values: x.values, shape: [4, 1] })).toThrow(
      `${name}.inverseTransform: an array must have 2 columns, as in fit; got [4, 1]`,
    );
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const broken = { values: Float32Array.of(1, 2, 3, value), shape: [2, 2] };
      const message = `values must be finite; got ${value} in row 1, column 1; replace or remove missing values first`;
      expect(() => scaler.fit(broken)).toThrow(`${name}.fit: ${message}`);
      expect(() => scaler.transform(broken)).toThrow(`${name}.transform: ${message}`);
    }
  });
});

describe('oneHotRows', () => {
  test('each row is 0 except for a 1 at the label', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(11), { maxLength: 20 }),
        fc.boolean(),
        (n, list, isInt) => {
          const labels = list.map((label) => label % n);
          const values = isInt ? Int32Array.from(labels) : Float32Array.from(labels);
          const { values: out, shape } = oneHotRows({ values, shape: [labels.length] }, n);
          expect(shape).toEqual([labels.length, n]);
          expect(out).toBeInstanceOf(Float32Array);
          expect([...out]).toEqual(
            labels.flatMap((label) => Array.from({ length: n }, (_, c) => (c === label ? 1 : 0))),
          );
        },
      ),
    );
  });

  test('a label out of range is a RangeError with its position', () => {
    const labels = (...list: number[]): PlainArray => ({ values: Float32Array.from(list), shape: [list.length] });
    expect(() => oneHotRows(labels(0, 3), 3)).toThrow('oneHot: labels must be whole numbers from 0 to 2; got 3 at 1');
    for (const label of [-1, 0.5, Number.NaN]) expect(() => oneHotRows(labels(label), 3)).toThrow(`got ${label} at 0`);
    for (const classes of [0, -2, 1.5]) {
      expect(() => oneHotRows(labels(0), classes)).toThrow(
        `oneHot: classes must be a whole number above 0; got ${classes}`,
      );
    }
  });
});
