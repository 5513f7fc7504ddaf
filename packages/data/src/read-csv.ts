// CSV files and texts as tensors: x and y at once where a target is named, otherwise a table that is asked for columns.

import { type OptionKinds, readOptions, show, type Tensor } from '@treadle/tensor';
import { decodeFile, decodeText, inflated } from './bytes.ts';
import type { Pair } from './plain-array.ts';
import { type PairOptions, pairOptions, tablePair } from './table-pair.ts';
import { toTensor, toTensors } from './tensors.ts';
import {
  type Column,
  classes,
  integers,
  numbers,
  type TableOptions,
  tableOptions,
  texts,
  textTable,
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
 * A CSV file, gzip or not. With a `target`: x float32 [rows, columns] and y. Without: a table. Throws FormatError, with line
 * and column, for what is no table or no number.
 */
export function readCsv(path: string | URL, options: CsvPairOptions): Pair<Tensor>;
export function readCsv(path: string | URL, options?: CsvOptions): CsvTable;
export function readCsv(path: string | URL, options: CsvOptions | CsvPairOptions = {}): Pair<Tensor> | CsvTable {
  checkOptions('readCsv', options);
  return decodeFile(path, (bytes) =>
    fromText(decodeText('csv', inflated('csv', bytes), options.encoding ?? 'utf-8'), options),
  );
}

/** What `readCsv` reads, from a text. */
export function parseCsv(text: string, options: CsvPairOptions): Pair<Tensor>;
export function parseCsv(text: string, options?: CsvOptions): CsvTable;
export function parseCsv(text: string, options: CsvOptions | CsvPairOptions = {}): Pair<Tensor> | CsvTable {
  checkOptions('parseCsv', options);
  const given: unknown = text;
  if (typeof given !== 'string') throw new TypeError(`parseCsv: it must be given a text; got ${show(given)}`);
  return fromText(text, options);
}

/** All names are known without a target too, so that a message says what there is. */
function checkOptions(op: string, options: CsvOptions | CsvPairOptions): void {
  const given: Partial<CsvPairOptions> = options;
  readOptions<Partial<CsvPairOptions>>(op, given, csvPairOptions);
}

function fromText(text: string, options: CsvOptions | CsvPairOptions): Pair<Tensor> | CsvTable {
  const table = textTable(text, options);
  if ('target' in options && options.target !== undefined) return toTensors(tablePair(table, options));
  return {
    names: table.names,
    rows: table.rows.length,
    numbers: (columns = [...table.names.keys()]) => toTensor(numbers(table, columns)),
    integers: (column) => toTensor(integers(table, column)),
    classes: (column, names) => toTensor(classes(table, column, names)),
    texts: (column) => texts(table, column),
  };
}
