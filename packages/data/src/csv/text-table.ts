// A table of text with named columns. `TableScanner` finds the header and hands the other rows to a reader; `TextTable`
// is a table whose fields are all stored, so that columns can be read later, in any order. Fields stay text until they
// are read.

import type { OptionKinds } from '@treadle/tensor';
import { FormatError } from '../files/format-error.ts';
import type { Header, RowReader } from './column-readers.ts';
import { CsvScanner, type CsvSyntax, csvSyntax } from './csv-scanner.ts';
import { FieldStore } from './field-store.ts';

/** Options of `table`. */
export interface TableOptions extends CsvSyntax {
  /** Whether the first row contains the names of the columns; false by default. */
  readonly header?: boolean | undefined;
}

export const tableOptions: OptionKinds<TableOptions> = {
  ...csvSyntax,
  header: 'boolean',
};

export interface TextTable extends Header {
  readonly rows: number;
  readonly store: FieldStore;
}

/**
 * Reads a CSV text that comes in parts. The names of the columns are known first; `readerFor` then makes the reader of
 * the rows.
 */
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

  /** Takes the next bytes of UTF-8. Throws FormatError for text that is no table, and what the reader throws. */
  push(part: Uint8Array): void {
    this.#scanner.push(part);
  }

  /**
   * Ends the text and returns what was read. Throws as `push` does, and FormatError when there is no row but the
   * header.
   */
  end(): T {
    this.#scanner.end();
    if (!this.#reader || this.#rows === 0) {
      throw new FormatError('csv: a text must have at least one row; got only a header');
    }
    return this.#reader.result();
  }
}

/** Stores all fields. */
export function storeReader(header: Header): RowReader<TextTable> {
  const store = new FieldStore(header.names.length);
  return { row: (fields) => store.add(fields), result: () => ({ ...header, rows: store.rows, store }) };
}

/** Hands the rows of a stored table to a reader and returns what it read. */
export function readTable<T>({ store }: TextTable, reader: RowReader<T>): T {
  store.each((fields) => reader.row(fields));
  return reader.result();
}
