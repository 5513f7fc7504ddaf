// The functions that users call: readers, sets, scalers and splits that take and return tensors. Other files test what
// they compute, on plain arrays; this file tests dtypes, shapes, options, and that the values are the same.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  dataset,
  digits,
  FormatError,
  iris,
  minMaxScaler,
  mnist,
  oneHot,
  parseCsv,
  parseIdx,
  readCsv,
  readIdx,
  standardScaler,
  trainTestSplit,
} from '@treadle/data';
import { type Tensor, tensor } from '@treadle/tensor';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharedData } from './shared-data.ts';

const seen = (t: Tensor) => ({ dtype: t.dtype, shape: [...t.shape], values: [...t.data()] });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('readIdx and parseIdx', () => {
  const images = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 128, 255);
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 3);

  test('images are float32 and labels int32, from bytes and from files, gzip or not', () => {
    expect(seen(parseIdx(images))).toEqual({ dtype: 'float32', shape: [1, 3], values: [0, 128, 255] });
    expect(seen(readIdx(file('labels', labels)))).toEqual({ dtype: 'int32', shape: [2], values: [7, 3] });
    expect(seen(readIdx(file('labels.gz', gzipSync(labels))))).toEqual(seen(parseIdx(labels)));
  });

  test('an error message has the path of the file', () => {
    const path = file('short', labels.subarray(0, 9));
    expect(() => readIdx(path)).toThrow(FormatError);
    expect(() => readIdx(path)).toThrow(`got 9; the file is cut short (${path})`);
  });

  test('mnist returns images of one channel and their labels', () => {
    for (const part of ['train', 't10k']) {
      file(`${part}-images-idx3-ubyte`, Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 255));
      file(`${part}-labels-idx1-ubyte`, labels);
    }
    const { train, test: held } = mnist(folder);
    expect(seen(train.x)).toEqual({ dtype: 'float32', shape: [2, 1, 1, 1], values: [0, 1] });
    expect(seen(held.y)).toEqual({ dtype: 'int32', shape: [2], values: [7, 3] });
  });
});

describe('readCsv and parseCsv', () => {
  const text = 'size,kind,price\n1.5,b,10\n2.5,a,20\n';

  test('with a target they return x and y', () => {
    const { x, y } = parseCsv(text, { header: true, columns: ['size'], target: 'price' });
    expect(seen(x)).toEqual({ dtype: 'float32', shape: [2, 1], values: [1.5, 2.5] });
    expect(seen(y)).toEqual({ dtype: 'float32', shape: [2], values: [10, 20] });
    const labels = readCsv(file('a.csv.gz', gzipSync(text)), {
      header: true,
      columns: [0],
      target: 1,
      classes: ['a', 'b'],
    });
    expect(seen(labels.y)).toEqual({ dtype: 'int32', shape: [2], values: [1, 0] });
  });

  test('without a target they return a table', () => {
    const table = readCsv(file('a.csv', text), { header: true });
    expect([table.names, table.rows, table.texts('kind')]).toEqual([['size', 'kind', 'price'], 2, ['b', 'a']]);
    expect(seen(table.numbers(['price', 'size']))).toEqual({
      dtype: 'float32',
      shape: [2, 2],
      values: [10, 1.5, 20, 2.5],
    });
    expect(seen(table.integers('price'))).toEqual({ dtype: 'int32', shape: [2], values: [10, 20] });
    expect(seen(table.classes('kind', ['a', 'b']))).toEqual({ dtype: 'int32', shape: [2], values: [1, 0] });
    expect(seen(parseCsv('1,2\n').numbers()).values).toEqual([1, 2]);
  });

  test('an error message has the line, the column and the path', () => {
    const path = file('bad.csv', text);
    expect(() => readCsv(path, { header: true, target: 'price' })).toThrow(
      `csv: a field must be a number; got "b" in line 2, column "kind" (${path})`,
    );
  });

  test('a file in another encoding is read when the encoding is named', () => {
    const path = file('latin1.csv', Uint8Array.of(0xe9, 0x2c, 0x31));
    expect(readCsv(path, { encoding: 'latin1' }).texts(0)).toEqual(['é']);
    expect(() => readCsv(path)).toThrow(FormatError);
    expect(() => readCsv(path)).toThrow('csv: text must be valid utf-8; got bytes that are not');
    expect(() => readCsv(path, { encoding: 'klingon' })).toThrow(
      /^csv: encoding must be one that Node knows; got "klingon"$/,
    );
    const wide = file('utf-16.csv', Buffer.from('\ufeffé,1\n', 'utf16le'));
    expect(readCsv(wide, { encoding: 'utf-16le' }).texts(0)).toEqual(['é']);
    expect(() => readCsv(file('odd.csv', Uint8Array.of(0x31, 0, 0x31)), { encoding: 'utf-16le' })).toThrow(
      'csv: text must be valid utf-16le; got bytes that are not',
    );
  });

  test('pima-indians-diabetes.csv', (context) => {
    const { x, y } = readCsv(sharedData('pima-indians-diabetes.csv', context), { comment: '#', target: -1 });
    expect([x.shape, y.shape]).toEqual([[768, 8], [768]]);
  });
});

describe('digits and iris', () => {
  test('both parts have the documented shapes and dtypes', () => {
    const { train, test: held } = digits({ seed: 1 });
    expect([train.x.shape, train.y.shape, held.x.shape, held.y.shape]).toEqual([
      [1437, 8, 8, 1],
      [1437],
      [360, 8, 8, 1],
      [360],
    ]);
    expect([train.x.dtype, train.y.dtype]).toEqual(['float32', 'int32']);
    const flowers = iris();
    expect([flowers.train.x.shape, flowers.test.x.shape]).toEqual([
      [120, 4],
      [30, 4],
    ]);
  });

  test('the seed decides the order', () => {
    expect(seen(iris({ seed: 3 }).test.x)).toEqual(seen(iris({ seed: 3 }).test.x));
    expect(seen(iris({ seed: 3 }).test.x)).not.toEqual(seen(iris({ seed: 4 }).test.x));
  });
});

describe('scalers and oneHot', () => {
  const x = tensor(Float32Array.of(0, 10, 2, 10, 4, 10), { shape: [3, 2] });

  test('minMaxScaler maps to its range, and back', () => {
    const scaler = minMaxScaler({ range: [-1, 1] });
    const y = scaler.fitTransform(x);
    expect(seen(y)).toEqual({ dtype: 'float32', shape: [3, 2], values: [-1, -1, 0, -1, 1, -1] });
    expect(seen(scaler.inverseTransform(y))).toEqual(seen(x));
    expect(scaler.fit(x)).toBe(scaler);
  });

  test('standardScaler maps to mean 0 and variance 1, and back', () => {
    const two = tensor(Float32Array.of(1, 10, 5, 10), { shape: [2, 2] });
    const scaler = standardScaler().fit(two);
    const y = scaler.transform(two);
    expect(seen(y)).toEqual({ dtype: 'float32', shape: [2, 2], values: [-1, 0, 1, 0] });
    expect(seen(scaler.inverseTransform(y))).toEqual(seen(two));
  });

  test('oneHot accepts a tensor or an array', () => {
    const rows = { dtype: 'float32', shape: [2, 3], values: [0, 0, 1, 1, 0, 0] };
    expect(seen(oneHot(tensor(Int32Array.of(2, 0), { dtype: 'int32' }), 3))).toEqual(rows);
    expect(seen(oneHot([2, 0], 3))).toEqual(rows);
    expect(() => oneHot([3], 3)).toThrow('oneHot: labels must be whole numbers from 0 to 2; got 3 at 0');
  });
});

describe('trainTestSplit and dataset', () => {
  const x = tensor(
    Float32Array.from({ length: 20 }, (_, i) => i >> 1),
    { shape: [10, 2] },
  );
  const y = tensor(
    Int32Array.from({ length: 10 }, (_, i) => i),
    { shape: [10], dtype: 'int32' },
  );

  test('a split contains every row once, and each row of x keeps its y', () => {
    const { train, test: held } = trainTestSplit(x, y, { testSize: 0.3, seed: 5 });
    expect([train.x.shape, train.y.shape, held.x.shape, held.y.shape]).toEqual([[7, 2], [7], [3, 2], [3]]);
    for (const part of [train, held]) expect([...part.x.data()]).toEqual([...part.y.data()].flatMap((i) => [i, i]));
    expect([...train.y.data(), ...held.y.data()].sort()).toEqual([...y.data()]);
    expect(() => trainTestSplit(x, tensor(Int32Array.of(1), { dtype: 'int32' }))).toThrow(
      'trainTestSplit: x and y must have the same number of rows; got 10 and 1',
    );
  });

  test('the batches of an epoch contain every row once, and each epoch has its own order', () => {
    const rows = dataset(x, y, { batchSize: 4, shuffle: true, seed: 2 });
    expect([rows.rows, rows.batchCount]).toEqual([10, 3]);
    const orders = [0, 1].map((k) => [...rows.epoch(k)].flatMap((batch) => [...batch.y.data()]));
    expect([...rows.epoch(0)].map((batch) => batch.x.shape)).toEqual([
      [4, 2],
      [4, 2],
      [2, 2],
    ]);
    expect(orders[0]).not.toEqual(orders[1]);
    expect([...rows.epoch(0)].flatMap((batch) => [...batch.y.data()])).toEqual(orders[0]);
    for (const order of orders) expect(order.toSorted()).toEqual([...y.data()]);
    for (const batch of rows.epoch(1)) expect([...batch.x.data()]).toEqual([...batch.y.data()].flatMap((i) => [i, i]));
    expect(() => dataset(x, y, { batchSize: 0 })).toThrow('dataset: batchSize must be a whole number above 0; got 0');
  });

  test('a bool stays a bool', () => {
    const flags = tensor([true, false, true, true], { dtype: 'bool' });
    const { train, test: held } = trainTestSplit(flags, flags, { testSize: 1 });
    expect([train.x.dtype, held.y.dtype]).toEqual(['bool', 'bool']);
    expect([...train.x.data(), ...held.x.data()].sort()).toEqual([0, 1, 1, 1]);
  });
});

describe('everything that tensor() accepts is accepted as data', () => {
  const nested = [
    [1, 10],
    [5, 10],
    [2, 20],
    [3, 0],
  ];
  const labels = [0, 1, 1, 0];
  const forms = [nested, tensor(nested)] as const;
  const [split, batchesOf] = [{ testSize: 1, seed: 1 }, { batchSize: 3 }] as const;

  test.each([
    ['minMaxScaler', minMaxScaler],
    ['standardScaler', standardScaler],
  ])('%s', (_, scaler) => {
    const [ofArrays, ofTensors] = forms.map((x) => {
      const fitted = scaler().fit(x);
      const y = fitted.transform(x);
      return [y, scaler().fitTransform(x), fitted.inverseTransform(x)].map(seen);
    });
    expect(ofArrays).toEqual(ofTensors);
  });

  test('trainTestSplit, dataset and oneHot, also with typed arrays and { x, y }', () => {
    const y = Int32Array.from(labels);
    const expected = trainTestSplit(tensor(nested), tensor(y), split);
    const got = [trainTestSplit(nested, y, split), trainTestSplit({ x: nested, y }, split)];
    for (const { train, test: held } of got) {
      for (const [part, of] of [
        [train, expected.train],
        [held, expected.test],
      ] as const) {
        expect([seen(part.x), seen(part.y)]).toEqual([seen(of.x), seen(of.y)]);
      }
    }
    expect(seen(trainTestSplit({ x: nested, y }).train.y).shape).toEqual([3]);
    const [batch] = dataset(nested, y, batchesOf).epoch(0);
    const [same] = dataset({ x: tensor(nested), y: tensor(y) }, batchesOf).epoch(0);
    expect(batch && [seen(batch.x), seen(batch.y)]).toEqual(same && [seen(same.x), seen(same.y)]);
    expect(seen(oneHot(Uint8Array.from(labels), 2))).toEqual(seen(oneHot(labels, 2)));
  });

  test('the results of readers and splits can be split and batched again', () => {
    const read = parseCsv('1,2,0\n3,4,1\n5,6,0\n', { target: 2 });
    const { train } = trainTestSplit(read, { testSize: 1 });
    expect(dataset(trainTestSplit(train, { testSize: 1 }).train, { batchSize: 1 }).rows).toBe(1);
  });

  const none: ReadonlyMap<string, unknown> = new Map<string, unknown>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'abc'],
    ['an object', {}],
    ['a Map', new Map()],
    ['rows of unequal length', [[1], [1, 2]]],
    ['strings in arrays', [['a']]],
  ]);
  test.each([...none])('%s is refused with the name of the function that was called', (_, wrong) => {
    const given: never = wrong as never;
    const fitted = standardScaler().fit(nested);
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['standardScaler.fit', () => standardScaler().fit(given)],
      ['standardScaler.transform', () => fitted.transform(given)],
      ['standardScaler.inverseTransform', () => fitted.inverseTransform(given)],
      ['trainTestSplit', () => trainTestSplit(given, labels)],
      ['trainTestSplit', () => trainTestSplit(nested, given)],
      ['trainTestSplit', () => trainTestSplit({ x: nested, y: given })],
      ['dataset', () => dataset(nested, given, batchesOf)],
      ['oneHot', () => oneHot(given, 3)],
    ];
    for (const [op, call] of calls) {
      expect(call, op).toThrow(new RegExp(`^${op.replace('.', '[.]')}: (in )?(x|y|labels)\\b`));
      expect(call, op).not.toThrow(TypeError);
    }
  });
});
