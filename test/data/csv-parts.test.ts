// Laws of reading CSV part by part: where the bytes are cut does not matter, the event loop keeps running, and files
// may be long.

import { isUtf8 } from 'node:buffer';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CsvScanner, type CsvSyntax, FormatError, readCsv, readCsvAsync } from '@treadle/data';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-csv-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * Every row: its line, and its fields as text and as numbers. For refused bytes: the message; for invalid UTF-8, only
 * `refused`.
 */
function scanned(parts: readonly Uint8Array[], syntax: CsvSyntax): unknown {
  const rows: unknown[] = [];
  const scanner = new CsvScanner(syntax, (fields) => {
    const indices = Array.from({ length: fields.count }, (_, i) => i);
    rows.push([fields.line, ...indices.map((i) => [fields.text(i), fields.number(i)])]);
  });
  try {
    for (const part of parts) scanner.push(part);
    scanner.end();
    return rows;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return isUtf8(Buffer.concat(parts)) ? String(error) : 'refused';
  }
}

const pieces = [
  '1',
  '-2.5e3',
  'é',
  '𝄞',
  ' ',
  ',',
  ',',
  ';',
  '::',
  '"',
  '""',
  '\n',
  '\r\n',
  '\r',
  '#',
  '\ufeff',
  '\ud800',
];
const bytesOf = fc
  .array(fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...pieces) }, fc.constant(Uint8Array.of(0xff))), {
    maxLength: 24,
  })
  .map((list) => Buffer.concat(list.map((piece) => Buffer.from(piece))));
const syntaxes: fc.Arbitrary<CsvSyntax> = fc.record({
  delimiter: fc.constantFrom(',', ';', '::', ',"'),
  quote: fc.constantFrom('"', '', '::', 'é'),
  comment: fc.constantFrom('', '#', '# "'),
  skipLines: fc.constantFrom(0, 0, 2),
});

describe('the scanner', () => {
  test('gives the same rows or the same error, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(bytesOf, syntaxes, fc.array(fc.nat(60), { maxLength: 6 }), (bytes, syntax, cuts) => {
        const positions = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const parts = positions.slice(1).map((to, i) => bytes.subarray(positions[i], to));
        const whole = scanned([bytes], syntax);
        expect(scanned(parts, syntax)).toEqual(whole);
        expect(
          scanned(
            [...bytes].map((byte) => Uint8Array.of(byte)),
            syntax,
          ),
        ).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  test('does not keep a reference to the bytes that it was given', () => {
    const buffer = Buffer.from('1,2\n3,');
    const rows: string[] = [];
    const scanner = new CsvScanner({}, (fields) => rows.push(`${fields.text(0)} ${fields.text(1)}`));
    scanner.push(buffer);
    scanner.push(buffer.fill('4\n').subarray(0, 2));
    scanner.end();
    expect(rows).toEqual(['1 2', '3 4']);
  });
});

describe('a number in a field', () => {
  const digits = fc.stringMatching(/^[0-9]{0,25}$/);
  const written = fc
    .tuple(
      fc.constantFrom('', '-', '+', ' ', '\t-', '--'),
      digits,
      fc.constantFrom('', '.', '..'),
      digits,
      fc.oneof(
        fc.constant(''),
        fc.integer({ min: -330, max: 330 }).map((e) => `e${e}`),
        fc.constantFrom('e', 'E+07', 'E-', 'e+5 ', 'x', 'e0005'),
      ),
    )
    .map((parts) => parts.join(''));
  const asNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

  test('has the value that Number gives, bit for bit', () => {
    const texts = fc.oneof(
      written,
      fc.double().map(String),
      fc.double().map((x) => x.toExponential(14)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let value: number | undefined;
        const scanner = new CsvScanner({}, (fields) => {
          value = fields.number(1);
        });
        scanner.push(Buffer.from(`x,${text},y\n`));
        scanner.end();
        expect(value).toBe(['Infinity', '-Infinity'].includes(text) ? value : asNumber(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a file of many parts', () => {
  const rows = 60_000;
  const text = `id,size,kind\n${Array.from({ length: rows }, (_, i) => `${i},${i / 8},${i % 3 === 0 ? '"a""b"' : 'é'}\n`).join('')}`;
  const options = { header: true, columns: ['id', 'size'], target: 'kind', classes: ['é', 'a"b'] } as const;

  test.each(['a.csv', 'a.csv.gz'])(
    '%s gives the same values when read synchronously, asynchronously, and as a table',
    async (name) => {
      const path = join(folder, name);
      writeFileSync(path, name.endsWith('gz') ? gzipSync(text) : text);
      const expected = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? i / 2 : (i - 1) / 16));
      const labels = Int32Array.from({ length: rows }, (_, i) => Number(i % 3 === 0));
      for (const { x, y } of [readCsv(path, options), await readCsvAsync(path, options)]) {
        expect(x.data()).toEqual(expected);
        expect(y.data()).toEqual(labels);
      }
      for (const table of [readCsv(path, { header: true }), await readCsvAsync(path, { header: true })]) {
        expect(table.rows).toBe(rows);
        expect(table.numbers(['id', 'size']).data()).toEqual(expected);
        expect(table.classes('kind', ['é', 'a"b']).data()).toEqual(labels);
        expect(table.texts('kind').slice(0, 2)).toEqual(['a"b', 'é']);
      }
    },
  );

  test('lets the event loop run between the parts', async () => {
    const path = join(folder, 'a.csv');
    writeFileSync(path, text);
    let iterations = 0;
    let isOver = false;
    const iterate = (): void => {
      iterations++;
      if (!isOver) setImmediate(iterate);
    };
    setImmediate(iterate);
    await readCsvAsync(path, options);
    isOver = true;
    expect(iterations).toBeGreaterThanOrEqual(Math.floor(text.length / 2 ** 18));
  });

  test('is refused with the same message, synchronously and asynchronously, and the message has the path', async () => {
    const path = join(folder, 'bad.csv');
    writeFileSync(path, `${text}1,x,é\n`);
    const message = `csv: a field must be a number; got "x" in line ${rows + 2}, column "size" (${path})`;
    expect(() => readCsv(path, options)).toThrow(message);
    await expect(readCsvAsync(path, options)).rejects.toThrow(message);
    await expect(readCsvAsync(path, options)).rejects.toThrow(FormatError);
    await expect(readCsvAsync(join(folder, 'none.csv'))).rejects.toThrow('ENOENT');
    writeFileSync(path, gzipSync(text).subarray(0, 50_000));
    expect(() => readCsv(path, options)).toThrow(/^csv: gzip data must be complete and undamaged; got 50000 bytes/);
    await expect(readCsvAsync(path, options)).rejects.toThrow(
      /^csv: gzip data must be complete and undamaged; got 50000/,
    );
  });

  test.runIf(process.env.TREADLE_TEST_LONG)('may be longer than the longest string', { timeout: 600_000 }, async () => {
    const path = join(folder, 'long.csv');
    const line = '0.125,2.5,1\n';
    const block = line.repeat(2 ** 18);
    const count = Math.ceil(540e6 / block.length);
    const file = openSync(path, 'w');
    for (let i = 0; i < count; i++) writeSync(file, block);
    closeSync(file);
    for (const { x, y } of [readCsv(path, { target: -1 }), await readCsvAsync(path, { target: -1 })]) {
      expect(x.shape).toEqual([count * 2 ** 18, 2]);
      const values = x.data();
      expect(values.every((value, i) => value === (i % 2 === 0 ? 0.125 : 2.5))).toBe(true);
      expect(y.data().every((value) => value === 1)).toBe(true);
    }
  });
});
