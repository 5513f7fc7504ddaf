// The rows of a text as lists of fields, and the line that each row came from.

import { utf8Parts } from '../files/text-parts.ts';
import { CsvScanner, type CsvSyntax } from './csv-scanner.ts';

export interface CsvRecords {
  readonly rows: readonly (readonly string[])[];
  /** The line, counted from 1, at which each row begins. */
  readonly lines: readonly number[];
}

/** The rows of a text. Throws FormatError when a quote is not closed or misplaced, a row is short or long, or there is none. */
export function csvRecords(text: string, syntax: CsvSyntax = {}): CsvRecords {
  const rows: string[][] = [];
  const lines: number[] = [];
  const scanner = new CsvScanner(syntax, (fields) => {
    rows.push(Array.from({ length: fields.count }, (_, i) => fields.text(i)));
    lines.push(fields.line);
  });
  for (const part of utf8Parts(text)) scanner.push(part);
  scanner.end();
  return { rows, lines };
}
