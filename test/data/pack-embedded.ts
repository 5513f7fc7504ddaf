// Writes the source files of the embedded data sets from the UCI files: `node test/data/pack-embedded.ts <folder with
// digits.csv.gz and iris.csv> <folder to write to>`. packages/data/src/embedded/embedded-set.ts describes the format.
// The output depends only on the values, so a second run changes nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';

interface Source {
  readonly name: string;
  readonly file: string;
  readonly skipLines: number;
  /** A value of the file times this is the stored whole number. */
  readonly factor: number;
  /** A stored number divided by this is the value of x. */
  readonly divisor: number;
  readonly rowShape: readonly number[];
  readonly comment: readonly string[];
}

const sources: readonly Source[] = [
  {
    name: 'digits',
    file: 'digits.csv.gz',
    skipLines: 0,
    factor: 1,
    divisor: 16,
    rowShape: [8, 8, 1],
    comment: [
      '1,797 handwritten digits of 8 × 8 pixels, each 0 … 16, and their classes: the test part of "Optical Recognition of',
      'Handwritten Digits" by E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49,',
      'licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). The values are unchanged. This file is written by',
      'test/data/pack-embedded.ts.',
    ],
  },
  {
    name: 'iris',
    file: 'iris.csv',
    skipLines: 1,
    factor: 10,
    divisor: 10,
    rowShape: [4],
    comment: [
      '150 iris flowers of three species (setosa, versicolor, virginica): length and width of sepal and petal, stored in mm and',
      'given in cm. From R. A. Fisher, "The use of multiple measurements in taxonomic problems" (1936), as "Iris" in the UCI',
      'Machine Learning Repository, https://doi.org/10.24432/C56C76, licensed under CC BY 4.0',
      "(https://creativecommons.org/licenses/by/4.0/), with rows 35 and 38 as in Fisher's article. This file is",
      'written by test/data/pack-embedded.ts.',
    ],
  },
];

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error('usage: node test/data/pack-embedded.ts <from> <to>');
for (const source of sources) {
  const rows = readRows(join(from, source.file), source.skipLines);
  writeFileSync(join(to, `${source.name}-data.ts`), moduleText(source, rows));
}

function readRows(path: string, skipLines: number): number[][] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.slice(skipLines).map((line) => line.split(',').map(Number));
}

/** The bytes of all columns, one column after another. The last column is the class. */
function columnsOf(rows: readonly number[][], factor: number): Buffer {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, c) =>
    rows.map((row) => (c === width - 1 ? row[c]! : Math.round(row[c]! * factor))),
  );
  return Buffer.from(columns.flat());
}

function moduleText({ name, factor, divisor, rowShape, comment }: Source, rows: readonly number[][]): string {
  const bytes = columnsOf(rows, factor);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const packed = brotliCompressSync(bytes, { params }).toString('base64');
  return [
    ...comment.map((line) => `// ${line}`),
    '',
    "import type { EmbeddedSet } from './embedded-set.ts';",
    '',
    `export const ${name}Data: EmbeddedSet = {`,
    `  name: '${name}',`,
    `  rows: ${rows.length},`,
    `  rowShape: [${rowShape.join(', ')}],`,
    `  divisor: ${divisor},`,
    '  packed: `',
    ...(packed.match(/.{1,120}/g) ?? []),
    '`,',
    '};',
    '',
  ].join('\n');
}
