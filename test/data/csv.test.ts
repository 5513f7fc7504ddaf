// Laws of the CSV reader, against a writer that follows RFC 4180, and on real tables beside the repository.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type CsvOptions, type CsvPairOptions, FormatError, parseCsv } from '@treadle/data';
import type { Tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRecords } from './csv-records.ts';
import { sharedData } from './shared-data.ts';

/** RFC 4180: a field that contains a delimiter, a quote or a line break is quoted, and its quotes are doubled. */
function writeCsv(rows: readonly (readonly string[])[], delimiter: string, lineBreak: string): string {
  const field = (text: string) =>
    /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  return rows.map((row) => row.map(field).join(delimiter) + lineBreak).join('');
}

/** The elements and the shape of a tensor. */
const plain = (t: Tensor) => ({ values: t.data(), shape: [...t.shape] });

const character = fc.constantFrom('a', 'é', '𝄞', '0', ' ', ',', ';', '\t', '"', '\n', '#', "'", '|');
const fieldText = fc.string({ unit: character, maxLength: 6 });
const textRows = fc
  .integer({ min: 2, max: 5 })
  .chain((width) =>
    fc.array(fc.array(fieldText, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
  );
const delimiters = fc.constantFrom(',', ';', '\t', '|', '::');
const lineBreaks = fc.constantFrom('\n', '\r\n', '\r');

describe('csvRecords', () => {
  test('read(write(x)) = x for any text, delimiter and line break, with or without a byte order mark', () => {
    fc.assert(
      fc.property(textRows, delimiters, lineBreaks, fc.boolean(), (rows, delimiter, lineBreak, mark) => {
        const text = (mark ? '\ufeff' : '') + writeCsv(rows, delimiter, lineBreak);
        expect(csvRecords(text, { delimiter }).rows).toEqual(rows);
      }),
    );
  });

  test('the last line break may be missing, and line breaks may be mixed', () => {
    expect(csvRecords('1,2\r\n3,4\n5,6\r7,8').rows).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
      ['7', '8'],
    ]);
  });

  test('comments, blank lines and skipped lines change neither the rows nor their line numbers', () => {
    const extra = fc.array(fc.constantFrom('', '# a "comment', '#'), { maxLength: 3 });
    const skipped = fc.array(fc.constantFrom('title "of', '', '1,2,3'), { maxLength: 3 });
    const plainRows = fc.array(fc.tuple(fc.stringMatching(/^[a-z]+$/), fc.stringMatching(/^[\w#]*$/), extra), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(plainRows, skipped, lineBreaks, (parts, head, lineBreak) => {
        const text: string[] = [...head];
        const expected = parts.map(([first, second, before]) => {
          text.push(...before, `${first},${second}`);
          return { row: [first, second], line: text.length };
        });
        const { rows, lines } = csvRecords(text.join(lineBreak), { comment: '#', skipLines: head.length });
        expect(rows).toEqual(expected.map(({ row }) => row));
        expect(lines).toEqual(expected.map(({ line }) => line));
      }),
    );
  });

  test('the line of a row is the line on which it begins', () => {
    fc.assert(
      fc.property(textRows, lineBreaks, (rows, lineBreak) => {
        let line = 1;
        const begins = rows.map((row) => {
          const begin = line;
          line += 1 + row.join('').split('\n').length - 1;
          return begin;
        });
        const text = writeCsv(rows, ',', '\n').replaceAll('\n', lineBreak);
        expect(csvRecords(text).lines).toEqual(begins);
      }),
    );
  });

  test("with quote: '' a quote is an ordinary character", () => {
    expect(csvRecords('6",a"b\n"x,"', { quote: '' }).rows).toEqual([
      ['6"', 'a"b'],
      ['"x', '"'],
    ]);
  });

  test('a text that ends inside a quoted field is a FormatError', () => {
    const text = 'a,b\n1,"two ""and"" three"';
    for (let length = text.indexOf('"') + 1; length < text.length; length++) {
      const cut = text.slice(0, length);
      const isOpen = (cut.match(/"/g) ?? []).length % 2 === 1;
      if (isOpen) expect(() => csvRecords(cut), cut).toThrow(FormatError);
    }
  });

  test.each<[string, string, CsvOptions, string]>([
    ['an empty text', '', {}, 'csv: a text must have at least one row; got none'],
    ['a text of comments', '# a\n\n# b\n', { comment: '#' }, 'at least one row; got none'],
    ['more skipped lines than the text has', '1,2\n', { skipLines: 2 }, 'at least one row; got none'],
    [
      'a short row',
      '1,2\n\n3\n',
      {},
      'csv: every row must have as many fields as line 1, which has 2; got 1 in line 3; the delimiter',
    ],
    [
      'a long row',
      'a\n1,2',
      {},
      'csv: every row must have as many fields as line 1, which has 1; got 2 in line 2; the delimiter is ","',
    ],
    [
      'an open quote',
      'a,b\n1,"2\n3,4\n',
      {},
      'csv: a quoted field must be closed by "; got the end of the text in the row after line 1',
    ],
    ['an open quote in the first row', '"a', {}, 'got the end of the text in the first row'],
    [
      'a quote in a field',
      'x\na,b\n1,2"\n',
      { skipLines: 1 },
      'csv: " inside a field must be doubled and the field must be quoted; got one in line 3, column 1',
    ],
    [
      'text after a quote',
      'a,b\n"1"x,2\n',
      {},
      "got one in line 2, column 0 (columns count from 0); with quote: '' it is an",
    ],
  ])('%s is a FormatError that says what is wrong', (_, text, options, message) => {
    expect(() => csvRecords(text, options)).toThrow(FormatError);
    expect(() => csvRecords(text, options)).toThrow(message);
  });

  test('an empty delimiter and a skipLines that is no count are RangeErrors', () => {
    expect(() => csvRecords('1', { delimiter: '' })).toThrow(
      /^csv: delimiter must have at least one character; got ''$/,
    );
    expect(() => csvRecords('1', { skipLines: -1 })).toThrow('csv: skipLines must be a whole number of lines; got -1');
    expect(() => csvRecords('1', { skipLines: 0.5 })).toThrow(RangeError);
  });
});

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const numberRows = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(finite, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }));

describe('a table', () => {
  test('numbers(table(write(x))) = x, bit for bit', () => {
    fc.assert(
      fc.property(numberRows, delimiters, lineBreaks, (rows, delimiter, lineBreak) => {
        const text = writeCsv(
          rows.map((row) => row.map((x) => (Object.is(x, -0) ? '-0' : String(x)))),
          delimiter,
          lineBreak,
        );
        const table = parseCsv(text, { delimiter });
        const { values, shape } = plain(table.numbers(table.names));
        expect(shape).toEqual([rows.length, rows[0]?.length]);
        expect([...values]).toEqual(rows.flat());
      }),
    );
  });

  test('columns are read in the order given, by name or by index, which counts from the end when negative', () => {
    const table = parseCsv('a, b ,"c"\n1,2,3\n4,5,6\n', { header: true });
    expect(table.names).toEqual(['a', 'b', 'c']);
    expect([...table.numbers(['c', 0, -2]).data()]).toEqual([3, 1, 2, 6, 4, 5]);
    expect(plain(table.integers('b'))).toEqual({ values: Int32Array.of(2, 5), shape: [2] });
  });

  test('a class becomes its index in the list of names', () => {
    const table = parseCsv('1,red\n2, blue\n3,red\n');
    expect(plain(table.classes(1, ['blue', 'red']))).toEqual({ values: Int32Array.of(1, 0, 1), shape: [3] });
  });

  test.each(['1e3', ' 7 ', '+.5', '-0', '5.', '007', '3.4028234663852886e38', '1e-60'])('%j is a number', (field) => {
    expect([...plain(parseCsv(`${field};`, { delimiter: ';' }).numbers([0])).values]).toEqual([
      Math.fround(Number(field)),
    ]);
  });

  test.each(['', ' ', 'x', 'NaN', 'Infinity', '-Infinity', '0x10', '0b1', ' 0o7', '1,5', '1_0', '1e39', '12a', '--1'])(
    '%j is no number',
    (field) => {
      const table = parseCsv(`a;b\n1;2\n${field};3\n`, { delimiter: ';', header: true });
      const got = field.trim() === '' ? 'an empty field' : JSON.stringify(field);
      expect(() => table.numbers(['b', 'a'])).toThrow(FormatError);
      expect(() => table.numbers(['b', 'a'])).toThrow(
        `csv: a field must be a number; got ${got} in line 3, column "a"`,
      );
    },
  );

  test.each(['1.5', '2147483648', '', 'x', '1e10'])('%j is no whole number of 32 bits', (field) => {
    expect(() => parseCsv(`0,1\n0,${field}\n`).integers(1)).toThrow(
      /^csv: a field must be a whole number of 32 bits; got .* in line 2, column 1 of 0 … 1$/,
    );
  });

  test('a missing column, an unknown class and a missing header are errors that name them', () => {
    const table = parseCsv('a,b,a\n1,2,3\n', { header: true });
    expect(() => parseCsv('a,b\n', { header: true })).toThrow(
      'csv: a text must have at least one row; got only a header',
    );
    expect(() => table.numbers(['z'])).toThrow('csv: a column must be one of "a", "b", "a" or its index; got "z"');
    for (const column of ['a', 3, -4, 0.5]) expect(() => table.numbers([column])).toThrow(RangeError);
    expect(() => table.classes('b', ['x', 'y'])).toThrow(
      'csv: a field must be one of "x", "y"; got "2" in line 2, column "b"',
    );
    expect(() => parseCsv('a,b\n1,2\n').numbers([0])).toThrow(
      'got "a" in line 1, column 0 of 0 … 1; header: true reads the first row as names',
    );
  });
});

describe('x and y', () => {
  const text = 'id,size,kind,price\n7,1.5,b,10\n8,2.5,a,20\n';
  const read = (options: CsvPairOptions, from = text) => {
    const { x, y } = parseCsv(from, { header: from === text, ...options });
    return { x: plain(x), y: plain(y) };
  };

  test('x is all columns except the target, in order, or the columns that are named', () => {
    const { x, y } = read({ target: 1 }, '1,2,3\n4,5,6\n');
    expect(x).toEqual({ values: Float32Array.of(1, 3, 4, 6), shape: [2, 2] });
    expect(y).toEqual({ values: Float32Array.of(2, 5), shape: [2] });
    expect(read({ columns: ['size'], target: -1 }).x).toEqual({
      values: Float32Array.of(1.5, 2.5),
      shape: [2, 1],
    });
  });

  test('y of one column is float32, int32 or the index of a class; y of a list is [rows, columns]', () => {
    const y = (options: CsvPairOptions) => read({ columns: [0], ...options }).y;
    expect(y({ target: 'price' })).toEqual({ values: Float32Array.of(10, 20), shape: [2] });
    expect(y({ target: 'price', targetDtype: 'int32' })).toEqual({ values: Int32Array.of(10, 20), shape: [2] });
    expect(y({ target: 'kind', classes: ['a', 'b'] })).toEqual({ values: Int32Array.of(1, 0), shape: [2] });
    expect(y({ target: ['price', 'size'] })).toEqual({ values: Float32Array.of(10, 1.5, 20, 2.5), shape: [2, 2] });
    expect(parseCsv(text, { header: true }).texts('kind')).toEqual(['b', 'a']);
  });

  test('a field of text, x or y without columns, and int32 labels from a list are errors', () => {
    expect(() => read({ target: 'price' })).toThrow('csv: a field must be a number; got "b" in line 2, column "kind"');
    expect(() => read({ target: [] })).toThrow('csv: x and y must have at least one column each; got 4 and 0');
    expect(() => read({ target: 0 }, '1\n')).toThrow('csv: x and y must have at least one column each; got 0 and 1');
    expect(() => read({ columns: [0], target: [3], targetDtype: 'int32' })).toThrow(
      'csv: labels must come from one column; got a list of 1',
    );
  });
});

describe('real tables', () => {
  const text = (path: string) => {
    const bytes = readFileSync(path);
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  };

  test('pima-indians-diabetes.csv: comments, 768 rows of 9 numbers', (context) => {
    const table = parseCsv(text(sharedData('pima-indians-diabetes.csv', context)), { comment: '#' });
    const { values, shape } = plain(table.numbers(table.names));
    expect(shape).toEqual([768, 9]);
    expect([...values.subarray(0, 9)]).toEqual([6, 148, 72, 35, 0, 33.6, 0.627, 50, 1].map(Math.fround));
    expect(table.integers(-1).sum().item()).toBe(268);
  });

  test('birth_life_2010.txt: tabs, a header, a column of text', (context) => {
    const path = sharedData('birth_life_2010.txt', context);
    const table = parseCsv(text(path), { delimiter: '\t', header: true });
    expect(table.numbers(['Birth rate', 'Life expectancy']).shape).toEqual([190, 2]);
    expect([...table.numbers(['Life expectancy']).data().subarray(0, 1)]).toEqual([Math.fround(74.828243902)]);
    expect(() => table.numbers(table.names)).toThrow('got "Vietnam" in line 2, column "Country"');
  });

  test.for<[string, number, number, CsvOptions]>([
    ['uci/iris.csv', 150, 5, { skipLines: 1 }],
    ['uci/breast_cancer.csv', 569, 31, { skipLines: 1 }],
    ['uci/wine_data.csv', 178, 14, { skipLines: 1 }],
    ['uci/digits.csv.gz', 1797, 65, {}],
    ['uci/diabetes_data_raw.csv.gz', 442, 10, { delimiter: ' ' }],
  ])('%s: %i rows of %i numbers', ([name, rows, columns, options], context) => {
    const table = parseCsv(text(sharedData(name, context)), options);
    expect(table.numbers(table.names).shape).toEqual([rows, columns]);
  });
});
