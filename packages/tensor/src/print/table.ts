// Tables of text: columns under their names, text aligned to the left and numbers to the right. And objects of plain data that print
// as such a table.

/** The name of the method by which console.log prints an object in Node.js; other hosts do not look for it. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** A column of a table: a title, and the text of each row. */
export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => string;
  readonly isText?: boolean;
}

/** The table as text: a line of titles, a rule, a line for each row. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const aligned = columns.map(({ name, cell, isText }): readonly string[] => {
    const cells = [name, ...rows.map(cell)];
    const width = Math.max(...cells.map((text) => text.length));
    const padded = cells.map((text) => (isText ? text.padEnd(width) : text.padStart(width)));
    return padded.toSpliced(1, 0, '─'.repeat(width));
  });
  const height = rows.length + 2;
  const line = (i: number): string => aligned.map((cells) => cells[i]).join(i === 1 ? '──' : '  ');
  return Array.from({ length: height }, (_, i) => line(i).trimEnd()).join('\n');
}

/** Defines how String and console.log show the data, and returns the data. */
export function printedAs<T extends object>(data: T, text: (data: T) => string): T {
  const print = { value: (): string => text(data), enumerable: false };
  return Object.defineProperties(data, { toString: print, [inspectSymbol]: print });
}

const prefixes = ['', 'k', 'M', 'G', 'T'];

/** Three digits and a decimal prefix: 12.3 M */
export function shortNumber(x: number, unit = ''): string {
  let i = 0;
  let scaled = x;
  for (; scaled >= 999.5 && i < prefixes.length - 1; i++) scaled /= 1000;
  const digits = i === 0 ? String(Math.round(x)) : scaled.toPrecision(3);
  return `${digits} ${prefixes[i]}${unit}`.trimEnd();
}
