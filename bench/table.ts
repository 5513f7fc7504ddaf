// Prints tables: columns of text below their names. The first column is aligned left, the others right.

/** Text by column name. Rows may lack columns. */
export type TableRow = Readonly<Record<string, string>>;

export function printTable(title: string, rows: readonly TableRow[]): void {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => (row[name] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  console.log(`\n${title}`);
  console.log(line(names));
  console.log(widths.map((width) => '─'.repeat(width)).join('──'));
  for (const row of rows) console.log(line(names.map((name) => row[name] ?? '')));
}
