// Writes the source files of the embedded data sets from the UCI files: `node test/data/pack-embedded.ts <folder with
// digits.csv.gz and iris.csv> <folder to write to>`. packages/data/src/embedded/embedded-set.ts describes the format.
// The output depends only on the values, so a second run changes nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { formatOf } from '../../packages/data/dist/embedded/embedded-set.js';
import { encodeRows } from '../../packages/data/dist/embedded/row-coder.js';

interface Source {
  readonly name: string;
  readonly file: string;
  readonly skipLines: number;
  /** A value of the file times this is the stored whole number. */
  readonly factor: number;
  /** A stored number divided by this is the value of x. */
  readonly divisor: number;
  /** All stored numbers are below 2^bits. */
  readonly bits: number;
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
    bits: 5,
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
    bits: 7,
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

/** The stored numbers, row by row. The last one of a row is the class. */
function storedNumbers(rows: readonly number[][], factor: number): Uint8Array {
  return Uint8Array.from(
    rows.flatMap((row) => row.map((value, c) => (c === row.length - 1 ? value : Math.round(value * factor)))),
  );
}

function moduleText(source: Source, rows: readonly number[][]): string {
  const { name, factor, divisor, bits, rowShape, comment } = source;
  const packed = Buffer.from(encodeRows(storedNumbers(rows, factor), formatOf(source))).toString('base64');
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
    `  bits: ${bits},`,
    '  packed: `',
    ...(packed.match(/.{1,120}/g) ?? []),
    '`,',
    '};',
    '',
  ].join('\n');
}
