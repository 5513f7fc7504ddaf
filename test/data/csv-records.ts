// The rows of a CSV text as lists of strings, with the line of each row: what `CsvScanner` finds, before it is read as
// numbers.

import { CsvScanner, type CsvSyntax } from '@treadle/data';

export interface CsvRecords {
  readonly rows: readonly (readonly string[])[];
  /** The line on which each row begins, counted from 1. */
  readonly lines: readonly number[];
}

/** Throws what `CsvScanner` throws. */
export function csvRecords(text: string, syntax: CsvSyntax = {}): CsvRecords {
  const rows: string[][] = [];
  const lines: number[] = [];
  const scanner = new CsvScanner(syntax, (fields) => {
    rows.push(Array.from({ length: fields.count }, (_, i) => fields.text(i)));
    lines.push(fields.line);
  });
  scanner.push(Buffer.from(text));
  scanner.end();
  return { rows, lines };
}
