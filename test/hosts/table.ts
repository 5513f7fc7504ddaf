// The table of supported hosts in README.md, from what ran.

import type { Case } from './place.ts';
import { groups, type Row } from './row.ts';

/** How a row has ended. */
export interface Outcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** why it failed or was skipped */
  readonly reason?: string;
  readonly seconds: number;
  readonly cases: readonly Case[];
}

const begin = '<!-- hosts: written by npm run test:hosts -- --write -->';
const end = '<!-- end of hosts -->';

/** The table as Markdown. */
export function tableOf(rows: readonly Row[], outcomes: readonly Outcome[]): string {
  const lines = groups.flatMap((group) => {
    const own = rows
      .filter((row) => row.group === group)
      .map((row) =>
        line(
          row,
          outcomes.find(({ name }) => name === row.name),
        ),
      );
    return own.length === 0 ? [] : [[`**${group}**`, '', ''], ...own];
  });
  const cells = [['host', 'what ran', 'threads'], ...lines];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const show = (row: readonly string[]): string =>
    `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`;
  const [head, ...body] = cells.map(show);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}

function line(row: Row, outcome: Outcome | undefined): string[] {
  switch (outcome?.status) {
    case 'passed':
      return [row.host, row.what, row.threads];
    case 'failed':
      return [row.host, 'fails', ''];
    default:
      return [row.host, `not tried: ${outcome?.reason ?? 'not among the rows that ran'}`, ''];
  }
}

/** Puts the table between its two marks in a document. Throws where the marks are missing. */
export function withTable(document: string, table: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md must contain the lines "${begin}" and "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n${table}\n\n${document.slice(to)}`;
}
