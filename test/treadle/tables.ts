// Reads the tables that console.table prints.

export interface PrintedTable {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** The number in a cell. Throws for a row or column that does not exist. */
  at(row: string | number, column: string): number;
}

/** The tables in a text, in order. */
export function tablesOf(text: string): readonly PrintedTable[] {
  return [...text.matchAll(/^┌.*\n([^└]*)└/gm)].map(([, body = '']) => {
    const [head = [], ...rows] = body
      .split('\n')
      .filter((line) => line.startsWith('│'))
      .map((line) => line.split('│').slice(1, -1))
      .map((cells) => cells.map((cell) => cell.trim()));
    const columns = head.slice(1);
    const names = rows.map(([name = '']) => name);
    return {
      rows: names,
      columns,
      at: (row, column) => {
        const cell = rows[names.indexOf(String(row))]?.[1 + columns.indexOf(column)];
        if (cell === undefined || !columns.includes(column)) throw new Error(`no ${row}, ${column} in\n${text}`);
        return Number(cell);
      },
    };
  });
}

/** Replaces a table that was not printed. Throws when it is read. */
export const missing: PrintedTable = {
  get rows(): never {
    throw new Error('no such table');
  },
  get columns(): never {
    throw new Error('no such table');
  },
  get at(): never {
    throw new Error('no such table');
  },
};
