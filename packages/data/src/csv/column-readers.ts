// Reads columns of numbers or classes from the rows of a table, one row at a time, so a table never has to be stored. A
// column that is not read may hold any text. Does not know where the rows come from: a file, or a stored table. Every
// error message names the line and the column of the field.

import { checkArray, show } from '@treadle/tensor';
import { FormatError } from '../files/format-error.ts';
import { GrowingArray } from '../files/growing-array.ts';
import type { PlainArray } from '../rows/plain-array.ts';
import type { Fields } from './csv-fields.ts';

/** A column: its name in the header, or its index, which counts from the end when it is negative. */
export type Column = string | number;

export interface Header {
  /** The names in the header. Without a header: the indices as strings. */
  readonly names: readonly string[];
  readonly hasHeader: boolean;
}

/** Takes the rows of a table one after another, then returns what it read. */
export interface RowReader<T> {
  row(fields: Fields): void;
  result(): T;
}

/** The index of a column. Throws RangeError unless exactly one column has this name or index. */
export function columnIndex({ names }: Header, column: Column): number {
  const isNumber = typeof column === 'number';
  const index = !isNumber ? names.indexOf(column) : column < 0 ? column + names.length : column;
  const isUnique = isNumber ? Number.isInteger(index) : names.lastIndexOf(column) === index;
  if (!isUnique || index < 0 || index >= names.length) {
    throw new RangeError(`csv: a column must be one of ${listed(names)} or its index; got ${show(column)}`);
  }
  return index;
}

/**
 * Reads numbers: float32 [rows, columns]. The reader throws FormatError for a field that is no finite number. Throws
 * RangeError for a column that does not exist.
 */
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
    result: () => ({ values: values.finish(), shape: [rows, indices.length] }),
  };
}

/** Reads whole numbers from −2³¹ to 2³¹ − 1: int32 [rows]. Throws as `numbersReader` does. */
export function integersReader(header: Header, column: Column): RowReader<PlainArray<Int32Array>> {
  return int32Reader(header, column, 'a whole number of 32 bits', (fields, index) => {
    const value = fields.number(index);
    return value === (value | 0) ? value : undefined;
  });
}

/** Reads classes: int32 [rows], the index of each field in `names`. Throws as `numbersReader` does. */
export function classesReader(
  header: Header,
  column: Column,
  names: readonly string[],
): RowReader<PlainArray<Int32Array>> {
  checkArray('csv: classes', names);
  const indexOf = new Map(Array.from(names, (name, i) => [name, i]));
  const rule = `one of ${listed(names)}`;
  return int32Reader(header, column, rule, (fields, index) => indexOf.get(fields.text(index).trim()));
}

/** Reads one int32 per row. `read` returns undefined for a field that breaks the rule. */
function int32Reader(
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
    result: () => ({ values: values.finish(), shape: [rows] }),
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
