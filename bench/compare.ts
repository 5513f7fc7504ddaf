// Saves the rows of a run to a file, and compares a run with a saved one. A row counts as slower only if it lost more
// than the spread of either run and more than the drift of a machine between two runs.

import { readFileSync, writeFileSync } from 'node:fs';
import { printTable } from './table.ts';
import { milliseconds, percent, type Row } from './work.ts';

/** Writes the rows as JSON. */
export function save(path: string, rows: readonly Row[]): void {
  writeFileSync(path, `${JSON.stringify(rows, undefined, 1)}\n`);
}

/** A machine may become this much slower or faster between two runs. */
const drift = 0.03;

/**
 * Prints each row beside the row of the same suite, name and threads in the file. Returns whether any row is slower.
 */
export function compareWith(path: string, rows: readonly Row[]): boolean {
  const old: readonly Row[] = JSON.parse(readFileSync(path, 'utf8'));
  const pairs = rows.flatMap((row) => {
    const before = old.find((o) => o.suite === row.suite && o.name === row.name && o.threads === row.threads);
    if (!before) return [];
    const noise = Math.max(drift, row.spread, before.spread);
    const ratio = row.ms / before.ms;
    return {
      row,
      before,
      noise,
      ratio,
      verdict: ratio > 1 + noise ? 'SLOWER' : ratio < 1 / (1 + noise) ? 'faster' : '',
    };
  });
  printTable(
    `compared with ${path}`,
    pairs.map(({ row, before, noise, ratio, verdict }) => ({
      row: `${row.suite}: ${row.name}`,
      threads: `${row.threads}`,
      before: `${milliseconds(before.ms)} ${row.unit ?? 'ms'}`,
      now: `${milliseconds(row.ms)} ${row.unit ?? 'ms'}`,
      ratio: ratio.toFixed(2),
      spread: percent(noise),
      verdict,
    })),
  );
  return pairs.some(({ verdict }) => verdict === 'SLOWER');
}
