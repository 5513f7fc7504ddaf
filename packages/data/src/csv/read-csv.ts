// Reads CSV files and texts as tensors: x and y if a target is named, otherwise a table whose columns are read later.
// Files may have any size: they are read part by part, and with a target no text is stored.

import { type OptionKinds, readOptions, show, type Tensor } from '@treadle/tensor';
import { checkPath, checkSource, withPath } from '../files/decode-file.ts';
import { fileParts, filePartsAsync } from '../files/file-parts.ts';
import { transcoderToUtf8, utf8Parts } from '../files/utf8-parts.ts';
import type { Pair } from '../rows/plain-array.ts';
import { toTensor, toTensors } from '../rows/tensors.ts';
import {
  type Column,
  classesReader,
  columnIndex,
  integersReader,
  numbersReader,
  type RowReader,
} from './column-readers.ts';
import { type PairOptions, pairOptions, pairReader } from './table-pair.ts';
import { readTable, storeReader, type TableOptions, TableScanner, type TextTable, tableOptions } from './text-table.ts';

/** Options of `csv`. */
export interface CsvOptions extends TableOptions {
  /** The encoding of a file, named as for TextDecoder; `'utf-8'` by default. */
  readonly encoding?: string | undefined;
}

const csvOptions: OptionKinds<CsvOptions> = {
  ...tableOptions,
  encoding: 'string',
};

/** Options of `readCsv` with a target. */
export interface CsvPairOptions extends CsvOptions, PairOptions {}

const csvPairOptions: OptionKinds<CsvPairOptions> = { ...csvOptions, ...pairOptions };

/**
 * A table that was read from CSV. A column is given by name or index. The methods throw RangeError for a column that
 * does not exist, and FormatError, with line and column, for a field that is not what was asked for.
 */
export interface CsvTable {
  /** The names in the header. Without a header: the indices as strings. */
  readonly names: readonly string[];
  /** The number of rows without the header. */
  readonly rows: number;
  /** Columns as numbers: float32 [rows, columns]. All columns by default. */
  numbers(columns?: readonly Column[]): Tensor;
  /** A column of whole numbers: int32 [rows]. */
  integers(column: Column): Tensor;
  /** A column of classes: int32 [rows], the index of each field in `names`. */
  classes(column: Column, names: readonly string[]): Tensor;
  /** A column as text. */
  texts(column: Column): readonly string[];
}

/**
 * Reads a CSV file of any size, gzip or not (RFC 4180, with any delimiter and quote).
 *
 * @param options with a `target`: which columns are x and y; also the delimiter, quote, comments, header, encoding
 * @returns with a `target`: x, float32 [rows, columns], and y, float32 or int32 [rows]; otherwise a table
 * @throws FormatError for text that is no table and for a field that is no number, with line, column and path;
 * RangeError for a column that does not exist and for wrong options; Node's error for a file that cannot be read
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { readCsv } from 'treadle';
 * const path = `${tmpdir()}/flats.csv`;
 * writeFileSync(path, 'size,rooms,rent\n60,2,700\n80,3,950\n');
 * const { x, y } = readCsv(path, { header: true, target: 'rent' });
 * x; // → [[60, 2], [80, 3]]
 * y; // → [700, 950]
 * ```
 */
export function readCsv(path: string | URL, options: CsvPairOptions): Pair<Tensor>;
export function readCsv(path: string | URL, options?: CsvOptions): CsvTable;
export function readCsv(path: string | URL, options: CsvOptions | CsvPairOptions = {}): Pair<Tensor> | CsvTable {
  checkPath(path);
  const scanner = scannerFor('readCsv', options);
  const toUtf8 = transcoderToUtf8('csv', options.encoding ?? 'utf-8');
  try {
    for (const part of fileParts('csv', path)) scanner.push(toUtf8(part));
    scanner.push(toUtf8(undefined));
    return scanner.end();
  } catch (error) {
    throw withPath(path, error);
  }
}

/**
 * As `readCsv`, but the event loop runs every few milliseconds while the file is read. The promise is rejected with
 * what `readCsv` throws. Reads a Blob, too, such as a File that was dropped on a web page. In a browser, a path is a URL.
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { readCsvAsync } from 'treadle';
 * const path = `${tmpdir()}/points.csv`;
 * writeFileSync(path, '0.5;1\n1.5;3\n');
 * const { x } = await readCsvAsync(path, { delimiter: ';', target: 1 });
 * x; // → [[0.5], [1.5]]
 * ```
 */
export function readCsvAsync(path: string | URL | Blob, options: CsvPairOptions): Promise<Pair<Tensor>>;
export function readCsvAsync(path: string | URL | Blob, options?: CsvOptions): Promise<CsvTable>;
export async function readCsvAsync(
  path: string | URL | Blob,
  options: CsvOptions | CsvPairOptions = {},
): Promise<Pair<Tensor> | CsvTable> {
  checkSource(path);
  const scanner = scannerFor('readCsvAsync', options);
  const toUtf8 = transcoderToUtf8('csv', options.encoding ?? 'utf-8');
  try {
    for await (const part of filePartsAsync('csv', path)) scanner.push(toUtf8(part));
    scanner.push(toUtf8(undefined));
    return scanner.end();
  } catch (error) {
    throw withPath(path, error);
  }
}

/**
 * As `readCsv`, but from a string; `encoding` has no effect.
 *
 * @example
 * ```ts
 * import { parseCsv } from 'treadle';
 * const table = parseCsv('size,kind\n1.5,pear\n2.5,apple\n', { header: true });
 * table.numbers(['size']); // → [[1.5], [2.5]]
 * table.classes('kind', ['apple', 'pear']); // → [1, 0]
 * table.texts('kind'); // → ["pear", "apple"]
 * ```
 */
export function parseCsv(text: string, options: CsvPairOptions): Pair<Tensor>;
export function parseCsv(text: string, options?: CsvOptions): CsvTable;
export function parseCsv(text: string, options: CsvOptions | CsvPairOptions = {}): Pair<Tensor> | CsvTable {
  const scanner = scannerFor('parseCsv', options);
  const given: unknown = text;
  if (typeof given !== 'string') throw new TypeError(`parseCsv: the text must be a string; got ${show(given)}`);
  for (const part of utf8Parts(text)) scanner.push(part);
  return scanner.end();
}

function scannerFor(op: string, options: CsvOptions | CsvPairOptions): TableScanner<Pair<Tensor> | CsvTable> {
  // Also without a target all option names are known, so that the error for an unknown one can list them.
  const given: Partial<CsvPairOptions> = options;
  readOptions<Partial<CsvPairOptions>>(op, given, csvPairOptions);
  return new TableScanner(options, (header): RowReader<Pair<Tensor> | CsvTable> => {
    if ('target' in options && options.target !== undefined) {
      const pair = pairReader(header, options);
      return { row: pair.row, result: () => toTensors(pair.result()) };
    }
    const table = storeReader(header);
    return { row: table.row, result: () => tensorTable(table.result()) };
  });
}

function tensorTable(table: TextTable): CsvTable {
  return {
    names: table.names,
    rows: table.rows,
    numbers: (columns = [...table.names.keys()]) => toTensor(readTable(table, numbersReader(table, columns))),
    integers: (column) => toTensor(readTable(table, integersReader(table, column))),
    classes: (column, names) => toTensor(readTable(table, classesReader(table, column, names))),
    texts: (column) => texts(table, columnIndex(table, column)),
  };
}

function texts({ store }: TextTable, index: number): readonly string[] {
  const values: string[] = [];
  store.each((fields) => values.push(fields.text(index)));
  return values;
}
