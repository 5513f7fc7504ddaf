// The embedded sets contain the values of their sources. Hashes and sums are always compared; single values where the
// sources are present.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { digitsData, embeddedSplit, irisData, type Labelled, unpack } from '@treadle/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRows, encodeRows } from '../../packages/data/dist/embedded/row-coder.js';
import { sharedData } from './shared-data.ts';

function hash({ x, y }: Labelled): string {
  const bytes = (values: Float32Array | Int32Array) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return createHash('sha256').update(bytes(x.values)).update(bytes(y.values)).digest('hex').slice(0, 16);
}

/** Each row with its label as text, sorted, so that the order of the rows does not matter. */
function rowsOf({ x, y }: Labelled): string[] {
  const length = x.values.length / y.values.length;
  return [...y.values].map((label, i) => `${x.values.subarray(i * length, (i + 1) * length)} → ${label}`).sort();
}

describe.each([
  {
    set: digitsData,
    file: 'uci/digits.csv.gz',
    skipLines: 0,
    divisor: 16,
    sizes: [1437, 360],
    sha256: 'cf7e26e57b05ca0d',
  },
  { set: irisData, file: 'uci/iris.csv', skipLines: 1, divisor: 1, sizes: [120, 30], sha256: '3f1e7d0047d50096' },
])('$set.name', ({ set, file, skipLines, divisor, sizes, sha256 }) => {
  test('the unpacked values have the hash of the values that were packed', () => {
    expect(hash(unpack(set))).toBe(sha256);
  });

  test('the rows are those of the source, in the same order', (context) => {
    const bytes = readFileSync(sharedData(file, context));
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    const rows = text
      .trim()
      .split('\n')
      .slice(skipLines)
      .map((line) => line.split(',').map(Number));
    const { x, y } = unpack(set);
    expect(x.shape).toEqual([rows.length, ...set.rowShape]);
    expect([...x.values]).toEqual(rows.flatMap((row) => row.slice(0, -1).map((value) => Math.fround(value / divisor))));
    expect([...y.values]).toEqual(rows.map((row) => row.at(-1)));
  });

  test('a split contains every row once, 80 % of them for training, in an order that the seed decides', () => {
    const { train, test: held } = embeddedSplit(set, { seed: 1 });
    expect([train.y.shape[0], held.y.shape[0]]).toEqual(sizes);
    expect(train.x.shape).toEqual([sizes[0], ...set.rowShape]);
    expect([...rowsOf(train), ...rowsOf(held)].sort()).toEqual(rowsOf(unpack(set)));
    expect(hash(embeddedSplit(set, { seed: 1 }).train)).toBe(hash(train));
    expect(hash(embeddedSplit(set, { seed: 2 }).train)).not.toBe(hash(train));
  });
});

describe('known properties of the sets', () => {
  test('digits: the classes have 174 to 183 rows each, and pixels are multiples of 1/16 from 0 to 1', () => {
    const { x, y } = unpack(digitsData);
    const counts = new Array(10).fill(0);
    for (const label of y.values) counts[label]++;
    expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect(x.values.every((value) => value >= 0 && value <= 1 && Number.isInteger(value * 16))).toBe(true);
  });

  test('iris: 50 rows of each species, and the means that R. A. Fisher printed', () => {
    const { x, y } = unpack(irisData);
    const printed = [
      [5.006, 3.428, 1.462, 0.246],
      [5.936, 2.77, 4.26, 1.326],
      [6.588, 2.974, 5.552, 2.026],
    ];
    for (const [species, means] of printed.entries()) {
      const rows = [...y.values.keys()].filter((row) => y.values[row] === species);
      expect(rows.length).toBe(50);
      const found = means.map((_, c) => rows.reduce((sum, row) => sum + x.values[row * 4 + c]!, 0) / 50);
      expect(found.map((mean) => Number(mean.toFixed(3)))).toEqual(means);
    }
  });

  test('rows that are coded and decoded are the same rows', () => {
    const formats = fc.record({
      columns: fc.integer({ min: 1, max: 20 }),
      width: fc.integer({ min: 1, max: 20 }),
      bits: fc.integer({ min: 1, max: 8 }),
    });
    const sets = formats.chain((format) =>
      fc.record({
        format: fc.constant(format),
        rows: fc.array(fc.uint8Array({ minLength: format.columns, maxLength: format.columns }), { maxLength: 40 }),
      }),
    );
    fc.assert(
      fc.property(sets, ({ format, rows }) => {
        const values = Uint8Array.from(rows.flatMap((row) => [...row]).map((value) => value >> (8 - format.bits)));
        expect(decodeRows(encodeRows(values, format), rows.length, format)).toEqual(values);
      }),
    );
  });
});
