// A table of named columns of text, and numbers or classes read from it. Fields stay text until they are asked for, so a
// column of names beside columns of numbers is no error. Every message names the line and the column.

import { checkArray, type OptionKinds, show } from '@treadle/tensor';
import { type CsvRecords, type CsvSyntax, csvRecords, csvSyntax } from './csv-records.ts';
import { FormatError } from './format-error.ts';
import type { PlainArray } from './plain-array.ts';

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

export interface TextTable extends CsvRecords {
  /** The header, or the indices as text where there is none. */
  readonly names: readonly string[];
  readonly hasHeader: boolean;
}

/** A text as a table. Throws FormatError when it is none, or has no row beside the header. */
export function textTable(text: string, options: TableOptions = {}): TextTable {
  const { header: hasHeader = false } = options;
  const { rows, lines } = csvRecords(text, options);
  const first = rows[0] ?? [];
  if (!hasHeader) return { names: first.map((_, i) => String(i)), hasHeader, rows, lines };
  if (rows.length === 1) throw new FormatError('csv: a text must have at least one row; got only a header');
  return { names: first.map((name) => name.trim()), hasHeader, rows: rows.slice(1), lines: lines.slice(1) };
}

/** The index of a column. Throws RangeError when there is none of this name or index, or two of this name. */
export function columnIndex({ names }: TextTable, column: Column): number {
  const isNumber = typeof column === 'number';
  const index = !isNumber ? names.indexOf(column) : column < 0 ? column + names.length : column;
  const isOne = isNumber ? Number.isInteger(index) : names.lastIndexOf(column) === index;
  if (!isOne || index < 0 || index >= names.length) {
    const known = names.map((name) => JSON.stringify(name)).join(', ');
    throw new RangeError(`csv: a column must be one of ${known} or its index; got ${show(column)}`);
  }
  return index;
}

/** The numbers of these columns: float32 [rows, columns]. Throws FormatError for a field that is no number. */
export function numbers(table: TextTable, columns: readonly Column[]): PlainArray<Float32Array> {
  checkArray('csv: columns', columns);
  const indices = columns.map((column) => columnIndex(table, column));
  const values = new Float32Array(table.rows.length * indices.length);
  let to = 0;
  for (const [row, fields] of table.rows.entries()) {
    for (const index of indices) {
      const value = Math.fround(numberOf(fields[index]!));
      if (!Number.isFinite(value)) throw wrongField(table, row, index, 'a number');
      values[to++] = value;
    }
  }
  return { values, shape: [table.rows.length, indices.length] };
}

/** The fields of a column as they stand. */
export function texts(table: TextTable, column: Column): readonly string[] {
  const index = columnIndex(table, column);
  return table.rows.map((fields) => fields[index]!);
}

/** The whole numbers of a column: int32 [rows]. Throws FormatError for a field that is none of −2³¹ … 2³¹ − 1. */
export function integers(table: TextTable, column: Column): PlainArray<Int32Array> {
  return perRow(table, column, 'a whole number of 32 bits', (field) => {
    const value = numberOf(field);
    return value === (value | 0) ? value : undefined;
  });
}

/** The index of each field of a column among `classes`: int32 [rows]. Throws FormatError for a field that is not there. */
export function classes(table: TextTable, column: Column, names: readonly string[]): PlainArray<Int32Array> {
  checkArray('csv: classes', names);
  const indexOf = new Map(Array.from(names, (name, i) => [name, i]));
  const rule = `one of ${names.map((name) => show(name)).join(', ')}`;
  return perRow(table, column, rule, (field) => indexOf.get(field.trim()));
}

function perRow(
  table: TextTable,
  column: Column,
  rule: string,
  read: (field: string) => number | undefined,
): PlainArray<Int32Array> {
  const index = columnIndex(table, column);
  const values = Int32Array.from(table.rows, (fields, row) => {
    const value = read(fields[index]!);
    if (value === undefined) throw wrongField(table, row, index, rule);
    return value;
  });
  return { values, shape: [values.length] };
}

/** A decimal number as text, blanks around it allowed; NaN for anything else, an empty field and 0x10 among it. */
function numberOf(field: string): number {
  const value = Number(field);
  return (value === 0 && field.trim() === '') || /^\s*0[box]/i.test(field) ? Number.NaN : value;
}

function wrongField(table: TextTable, row: number, index: number, rule: string): FormatError {
  const field = table.rows[row]?.[index] ?? '';
  const got = field.trim() === '' ? 'an empty field' : JSON.stringify(field);
  const column = table.hasHeader ? JSON.stringify(table.names[index]) : `${index} of 0 … ${table.names.length - 1}`;
  const hint = row === 0 && !table.hasHeader ? '; header: true reads the first row as names' : '';
  return new FormatError(
    `csv: a field must be ${rule}; got ${got} in line ${table.lines[row]}, column ${column}${hint}`,
  );
}
