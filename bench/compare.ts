// Figures kept in a file, and the same rows of an earlier file beside them: a row is slower only where it lost more than the
// spread of either measurement, and more than machines drift between one run and the next.

import { readFileSync, writeFileSync } from 'node:fs';
import { printTable } from './table.ts';
import { milliseconds, percent, type Row } from './work.ts';

export function save(path: string, rows: readonly Row[]): void {
  writeFileSync(path, `${JSON.stringify(rows, undefined, 1)}\n`);
}

const drift = 0.03;

/** Prints the comparison; returns whether some row is slower. */
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
