// The MNIST folder: names, pairing and scaling on small files that the tests write, and the real set where it is
// present.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FormatError, readMnist } from '@treadle/data';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharedData } from './shared-data.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-mnist-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** uint8 IDX data with the elements 0, 1, 2, … */
function idx(...shape: number[]): Uint8Array {
  const extents = shape.flatMap((extent) => [0, 0, 0, extent]);
  const count = shape.reduce((a, b) => a * b, 1);
  return Uint8Array.from([0, 0, 8, shape.length, ...extents, ...Array.from({ length: count }, (_, i) => i)]);
}

function write(files: Record<string, Uint8Array>): void {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
}

const complete = {
  'train-images-idx3-ubyte': idx(3, 2, 2),
  'train-labels-idx1-ubyte': idx(3),
  't10k-images-idx3-ubyte.gz': gzipSync(idx(2, 2, 2)),
  't10k-labels-idx1-ubyte.gz': gzipSync(idx(2)),
};

describe('readMnist', () => {
  test('x is pixel / 255 as [n, height, width, 1], and y is the labels', () => {
    write(complete);
    const { train, test: held } = readMnist(folder);
    expect(train.x.shape).toEqual([3, 2, 2, 1]);
    expect([...train.x.values]).toEqual(Array.from({ length: 12 }, (_, i) => Math.fround(i / 255)));
    expect([...train.y.values]).toEqual([0, 1, 2]);
    expect(held.x.shape).toEqual([2, 2, 2, 1]);
    expect(held.y).toEqual({ values: Int32Array.of(0, 1), shape: [2] });
  });

  test('train-… is preferred to train10k-…, a plain file to a gzip file, and a dot may replace the hyphen before idx', () => {
    write({
      ...complete,
      'train-images-idx3-ubyte.gz': gzipSync(idx(1, 2, 2)),
      'train10k-images-idx3-ubyte': idx(1, 2, 2),
    });
    expect(readMnist(folder).train.x.shape[0]).toBe(3);
    rmSync(join(folder, 't10k-labels-idx1-ubyte.gz'));
    write({ 't10k-labels.idx1-ubyte': idx(2) });
    expect(readMnist(folder).test.y.shape).toEqual([2]);
  });

  test.each([
    ['a missing file', { 'train-labels-idx1-ubyte': undefined }, 'file train*-labels-idx*-ubyte[.gz]; got none ('],
    [
      'two parts of one set',
      {
        'train-images-idx3-ubyte': undefined,
        'train1k-images-idx3-ubyte': idx(3, 2, 2),
        'train2k-images-idx3-ubyte': idx(3, 2, 2),
      },
      'got ["train1k-images-idx3-ubyte", "train2k-images-idx3-ubyte"] (',
    ],
    ['unequal lengths', { 'train-labels-idx1-ubyte': idx(2) }, 'mnist: each image must have a label; got 3 and 2 ('],
    [
      'flat images',
      { 'train-images-idx3-ubyte': idx(3, 4) },
      'mnist: images must be uint8 [n, height, width]; got uint8 [3, 4]',
    ],
    ['square labels', { 'train-labels-idx1-ubyte': idx(3, 1) }, 'mnist: labels must be uint8 [n]; got uint8 [3, 1]'],
    ['a file cut short', { 'train-labels-idx1-ubyte': idx(3).subarray(0, 9) }, 'got 9; the file is cut short ('],
  ])('%s: the error says what is wrong', (_, changes: Record<string, Uint8Array | undefined>, message) => {
    const files = Object.entries({ ...complete, ...changes });
    write(Object.fromEntries(files.flatMap(([name, bytes]) => (bytes === undefined ? [] : [[name, bytes]]))));
    expect(() => readMnist(folder)).toThrow(FormatError);
    expect(() => readMnist(folder)).toThrow(message);
    if (message.endsWith('(')) expect(() => readMnist(folder)).toThrow(folder);
  });

  test('the real set has the known sizes, class counts and sum of pixels', (context) => {
    const { train, test: held } = readMnist(sharedData('mnist', context));
    expect(train.x.shape).toEqual([10000, 28, 28, 1]);
    expect(held.x.shape).toEqual([10000, 28, 28, 1]);
    const counts = new Array(10).fill(0);
    for (const label of held.y.values) counts[label]++;
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    let sum = 0;
    for (const value of held.x.values) sum += Math.round(value * 255);
    expect(sum).toBe(264_923_200);
    expect(Math.max(...held.x.values.subarray(0, 100_000))).toBe(1);
  });
});
