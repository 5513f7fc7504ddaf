// CSV files and texts as tensors: x and y at once where a target is named, otherwise a table that is asked for columns.

import { type OptionKinds, readOptions, show, type Tensor } from '@treadle/tensor';
import { checkPath, ofFile } from '../files/bytes.ts';
import { fileParts, filePartsAsync } from '../files/file-parts.ts';
import { recoding, utf8Parts } from '../files/text-parts.ts';
import type { Pair } from '../rows/plain-array.ts';
import { toTensor, toTensors } from '../rows/tensors.ts';
import { type PairOptions, pairOptions, pairReader } from './table-pair.ts';
import {
  type Column,
  classes,
  integers,
  numbers,
  type RowReader,
  storeReader,
  type TableOptions,
  TableScanner,
  type TextTable,
  tableOptions,
  texts,
} from './text-table.ts';

export interface CsvOptions extends TableOptions {
  /** The encoding of a file, by the names that TextDecoder knows; UTF-8 when not given. */
  readonly encoding?: string | undefined;
}

const csvOptions: OptionKinds<CsvOptions> = {
  ...tableOptions,
  encoding: 'string',
};

export interface CsvPairOptions extends CsvOptions, PairOptions {}

const csvPairOptions: OptionKinds<CsvPairOptions> = { ...csvOptions, ...pairOptions };

/** Columns by name or index. A field that is not what is asked for is a FormatError with its line and column. */
export interface CsvTable {
  readonly names: readonly string[];
  readonly rows: number;
  /** float32 [rows, columns]; all columns when none are named. */
  numbers(columns?: readonly Column[]): Tensor;
  /** int32 [rows]. */
  integers(column: Column): Tensor;
  /** int32 [rows]: the index of each field in the list of names. */
  classes(column: Column, names: readonly string[]): Tensor;
  /** The fields as they stand. */
  texts(column: Column): readonly string[];
}

/**
 * A CSV file of any size, gzip or not. With a `target`: x float32 [rows, columns] and y. Without: a table. Throws FormatError,
 * with line and column, for what is no table or no number.
 */
export function readCsv(path: string | URL, options: CsvPairOptions): Pair<Tensor>;
export function readCsv(path: string | URL, options?: CsvOptions): CsvTable;
export function readCsv(path: string | URL, options: CsvOptions | CsvPairOptions = {}): Pair<Tensor> | CsvTable {
  checkPath(path);
  const scanner = scannerFor('readCsv', options);
  const recode = recoding('csv', options.encoding ?? 'utf-8');
  try {
    for (const part of fileParts('csv', path)) scanner.push(recode(part));
    scanner.push(recode(undefined));
    return scanner.end();
  } catch (error) {
    throw ofFile(path, error);
  }
}

/** What `readCsv` reads, with the event loop free after every few milliseconds. */
export function readCsvAsync(path: string | URL, options: CsvPairOptions): Promise<Pair<Tensor>>;
export function readCsvAsync(path: string | URL, options?: CsvOptions): Promise<CsvTable>;
export async function readCsvAsync(
  path: string | URL,
  options: CsvOptions | CsvPairOptions = {},
): Promise<Pair<Tensor> | CsvTable> {
  checkPath(path);
  const scanner = scannerFor('readCsvAsync', options);
  const recode = recoding('csv', options.encoding ?? 'utf-8');
  try {
    for await (const part of filePartsAsync('csv', path)) scanner.push(recode(part));
    scanner.push(recode(undefined));
    return scanner.end();
  } catch (error) {
    throw ofFile(path, error);
  }
}

/** What `readCsv` reads, from a text. */
export function parseCsv(text: string, options: CsvPairOptions): Pair<Tensor>;
export function parseCsv(text: string, options?: CsvOptions): CsvTable;
export function parseCsv(text: string, options: CsvOptions | CsvPairOptions = {}): Pair<Tensor> | CsvTable {
  const scanner = scannerFor('parseCsv', options);
  const given: unknown = text;
  if (typeof given !== 'string') throw new TypeError(`parseCsv: it must be given a text; got ${show(given)}`);
  for (const part of utf8Parts(text)) scanner.push(part);
  return scanner.end();
}

function scannerFor(op: string, options: CsvOptions | CsvPairOptions): TableScanner<Pair<Tensor> | CsvTable> {
  // All names are known without a target too, so that a message says what there is.
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
    numbers: (columns = [...table.names.keys()]) => toTensor(numbers(table, columns)),
    integers: (column) => toTensor(integers(table, column)),
    classes: (column, names) => toTensor(classes(table, column, names)),
    texts: (column) => texts(table, column),
  };
}
