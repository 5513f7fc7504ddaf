// A table of named columns of text, and numbers or classes read from it. What is read from columns is read row by row, while a
// text comes in or from a table that keeps it; fields stay text until they are asked for, so a column of names beside columns of
// numbers is no error. Every message names the line and the column.

import { checkArray, type OptionKinds, show } from '@treadle/tensor';
import { FormatError } from '../files/format-error.ts';
import { GrowingArray } from '../files/growing-array.ts';
import { utf8Parts } from '../files/text-parts.ts';
import type { PlainArray } from '../rows/plain-array.ts';
import type { Fields } from './csv-fields.ts';
import { CsvScanner, type CsvSyntax, csvSyntax } from './csv-scanner.ts';
import { FieldStore } from './field-store.ts';

/** A column by its name in the header or by its index, from the end when negative. */
export type Column = string | number;

export interface TableOptions extends CsvSyntax {
  /** Whether the first row has the names of the columns. */
  readonly header?: boolean | undefined;
}

export const tableOptions: OptionKinds<TableOptions> = {
  ...csvSyntax,
  header: 'boolean',
};

export interface Header {
  /** The header, or the indices as text where there is none. */
  readonly names: readonly string[];
  readonly hasHeader: boolean;
}

export interface TextTable extends Header {
  readonly rows: number;
  readonly store: FieldStore;
}

/** Reads something from the rows of a table, which come one after another. */
export interface RowReader<T> {
  row(fields: Fields): void;
  result(): T;
}

/** A text that comes in parts as a table, read by what `readerFor` makes for its header. */
export class TableScanner<T> {
  readonly #scanner: CsvScanner;
  #reader: RowReader<T> | undefined;
  #rows = 0;

  constructor({ header: hasHeader = false, ...syntax }: TableOptions, readerFor: (header: Header) => RowReader<T>) {
    this.#scanner = new CsvScanner(syntax, (fields) => {
      if (!this.#reader) {
        const names = Array.from({ length: fields.count }, (_, i) => (hasHeader ? fields.text(i).trim() : String(i)));
        this.#reader = readerFor({ names, hasHeader });
        if (hasHeader) return;
      }
      this.#reader.row(fields);
      this.#rows++;
    });
  }

  /** Takes the next bytes of UTF-8. Throws FormatError for what is no table, or cannot be read. */
  push(part: Uint8Array): void {
    this.#scanner.push(part);
  }

  /** What was read. Throws FormatError when there is no row beside the header. */
  end(): T {
    this.#scanner.end();
    if (!this.#reader || this.#rows === 0) {
      throw new FormatError('csv: a text must have at least one row; got only a header');
    }
    return this.#reader.result();
  }
}

/** A text as a table. Throws FormatError when it is none, or has no row beside the header. */
export function textTable(text: string, options: TableOptions = {}): TextTable {
  const scanner = new TableScanner(options, storeReader);
  for (const part of utf8Parts(text)) scanner.push(part);
  return scanner.end();
}

/** Keeps every field, to be asked for later. */
export function storeReader(header: Header): RowReader<TextTable> {
  const store = new FieldStore(header.names.length);
  return { row: (fields) => store.add(fields), result: () => ({ ...header, rows: store.rows, store }) };
}

/** What a reader reads from a table that is kept. */
export function readTable<T>({ store }: TextTable, reader: RowReader<T>): T {
  store.each((fields) => reader.row(fields));
  return reader.result();
}

/** The index of a column. Throws RangeError when there is none of this name or index, or two of this name. */
export function columnIndex({ names }: Header, column: Column): number {
  const isNumber = typeof column === 'number';
  const index = !isNumber ? names.indexOf(column) : column < 0 ? column + names.length : column;
  const isOne = isNumber ? Number.isInteger(index) : names.lastIndexOf(column) === index;
  if (!isOne || index < 0 || index >= names.length) {
    throw new RangeError(`csv: a column must be one of ${listed(names)} or its index; got ${show(column)}`);
  }
  return index;
}

/** The numbers of these columns: float32 [rows, columns]. Throws FormatError for a field that is no number. */
export function numbers(table: TextTable, columns: readonly Column[]): PlainArray<Float32Array> {
  return readTable(table, numbersReader(table, columns));
}

export function numbersReader(header: Header, columns: readonly Column[]): RowReader<PlainArray<Float32Array>> {
  checkArray('csv: columns', columns);
  const indices = columns.map((column) => columnIndex(header, column));
  const values = new GrowingArray(new Float32Array(0));
  let rows = 0;
  return {
    row: (fields) => {
      for (const index of indices) {
        const value = Math.fround(fields.number(index));
        if (!Number.isFinite(value)) throw wrongField(header, fields, rows, index, 'a number');
        values.push(value);
      }
      rows++;
    },
    result: () => ({ values: values.whole(), shape: [rows, indices.length] }),
  };
}

/** The fields of a column as they stand. */
export function texts(table: TextTable, column: Column): readonly string[] {
  const index = columnIndex(table, column);
  const found: string[] = [];
  table.store.each((fields) => found.push(fields.text(index)));
  return found;
}

/** The whole numbers of a column: int32 [rows]. Throws FormatError for a field that is none of −2³¹ … 2³¹ − 1. */
export function integers(table: TextTable, column: Column): PlainArray<Int32Array> {
  return readTable(table, integersReader(table, column));
}

export function integersReader(header: Header, column: Column): RowReader<PlainArray<Int32Array>> {
  return perRow(header, column, 'a whole number of 32 bits', (fields, index) => {
    const value = fields.number(index);
    return value === (value | 0) ? value : undefined;
  });
}

/** The index of each field of a column among `classes`: int32 [rows]. Throws FormatError for a field that is not there. */
export function classes(table: TextTable, column: Column, names: readonly string[]): PlainArray<Int32Array> {
  return readTable(table, classesReader(table, column, names));
}

export function classesReader(
  header: Header,
  column: Column,
  names: readonly string[],
): RowReader<PlainArray<Int32Array>> {
  checkArray('csv: classes', names);
  const indexOf = new Map(Array.from(names, (name, i) => [name, i]));
  const rule = `one of ${listed(names)}`;
  return perRow(header, column, rule, (fields, index) => indexOf.get(fields.text(index).trim()));
}

function perRow(
  header: Header,
  column: Column,
  rule: string,
  read: (fields: Fields, index: number) => number | undefined,
): RowReader<PlainArray<Int32Array>> {
  const index = columnIndex(header, column);
  const values = new GrowingArray(new Int32Array(0));
  let rows = 0;
  return {
    row: (fields) => {
      const value = read(fields, index);
      if (value === undefined) throw wrongField(header, fields, rows, index, rule);
      values.push(value);
      rows++;
    },
    result: () => ({ values: values.whole(), shape: [rows] }),
  };
}

/** `"a", "b"` */
function listed(names: readonly string[]): string {
  return show(names).slice(1, -1);
}

function wrongField(
  { names, hasHeader }: Header,
  fields: Fields,
  row: number,
  index: number,
  rule: string,
): FormatError {
  const field = fields.text(index);
  const got = field.trim() === '' ? 'an empty field' : show(field);
  const column = hasHeader ? show(names[index]) : `${index} of 0 … ${names.length - 1}`;
  const hint = row === 0 && !hasHeader ? '; header: true reads the first row as names' : '';
  return new FormatError(`csv: a field must be ${rule}; got ${got} in line ${fields.line}, column ${column}${hint}`);
}
