// Text to rows of fields: delimiters, quotes, comments and blank lines, and the line that each row came from. The only file
// that knows csv-parse. Line breaks may be \n, \r\n or \r and are \n in what is read, inside quotes as well.
// Invariant: all rows have the same number of fields, and there is at least one row.

import type { OptionKinds } from '@treadle/tensor';
import { CsvError, parse } from 'csv-parse/sync';
import { FormatError } from './format-error.ts';

export interface CsvSyntax {
  /** What stands between fields: ',' when not given. */
  readonly delimiter?: string | undefined;
  /** What surrounds a field that has delimiters or line breaks in it: '"' when not given, '' for nothing. */
  readonly quote?: string | undefined;
  /** What a line begins with that is no row; no such lines when not given. */
  readonly comment?: string | undefined;
  /** How many lines to leave out at the start. */
  readonly skipLines?: number | undefined;
}

export const csvSyntax: OptionKinds<CsvSyntax> = {
  delimiter: 'string',
  quote: 'string',
  comment: 'string',
  skipLines: 'number',
};

export interface CsvRecords {
  readonly rows: readonly (readonly string[])[];
  /** The line, counted from 1, at which each row begins. */
  readonly lines: readonly number[];
}

/** The rows of a text. Throws FormatError when a quote is not closed or misplaced, a row is short or long, or there is none. */
export function csvRecords(text: string, syntax: CsvSyntax = {}): CsvRecords {
  const { delimiter = ',', quote = '"', comment = '', skipLines = 0 } = syntax;
  if (delimiter === '') throw new RangeError("csv: delimiter must have at least one character; got ''");
  if (!Number.isSafeInteger(skipLines) || skipLines < 0) {
    throw new RangeError(`csv: skipLines must be a whole number of lines; got ${skipLines}`);
  }
  const rows: string[][] = [];
  const lines: number[] = [];
  try {
    parse(withoutLines(text, skipLines), {
      delimiter,
      quote: quote === '' ? null : quote,
      escape: quote === '' ? null : quote,
      comment: comment === '' ? null : comment,
      comment_no_infix: true,
      record_delimiter: '\n',
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (row: string[], { lines: last }) => {
        lines.push(skipLines + last - lineBreaks(row));
        rows.push(row);
        return null;
      },
    });
  } catch (error) {
    throw error instanceof CsvError ? misquoted(error, skipLines + Number(error.lines), lines.at(-1), quote) : error;
  }
  checkWidths(rows, lines, delimiter);
  return { rows, lines };
}

/** The text with \n for every line break, without a byte order mark and its first lines. */
function withoutLines(text: string, count: number): string {
  const rest = text.startsWith('\ufeff') ? text.slice(1) : text;
  const body = rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest;
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = body.indexOf('\n', start);
    if (end < 0) return '';
    start = end + 1;
  }
  return body.slice(start);
}

function lineBreaks(row: readonly string[]): number {
  let count = 0;
  for (const field of row) {
    for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) count++;
  }
  return count;
}

function misquoted({ code, column }: CsvError, line: number, lastLine: number | undefined, quote: string): Error {
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    const row = lastLine === undefined ? 'the first row' : `the row after the one in line ${lastLine}`;
    return new FormatError(`csv: a quoted field must be closed by ${quote}; got the end of the text in ${row}`);
  }
  return new FormatError(
    `csv: ${quote} inside a field must be doubled and the field quoted; got one in line ${line}, column ${column} counted from 0; ` +
      `with quote: '' it is a character like any other`,
  );
}

function checkWidths(rows: readonly string[][], lines: readonly number[], delimiter: string): void {
  const width = rows[0]?.length;
  if (width === undefined) throw new FormatError('csv: a text must have at least one row; got none');
  const at = rows.findIndex((row) => row.length !== width);
  if (at < 0) return;
  throw new FormatError(
    `csv: every row must have the ${width} fields that line ${lines[0]} has; got ${rows[at]?.length} in line ${lines[at]}; ` +
      `fields are divided by ${JSON.stringify(delimiter)}, and skipLines leaves out lines before the table`,
  );
}
