// safetensors: what is written is read again, the rules of the format are kept by both sides, and files of other origin are read.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadTensors, saveTensors, tensorsFromBytes, tensorsToBytes } from '@treadle/formats';
import { FormatError, ones, tensor, variable, zeros } from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { contentsOf, namedTensors, names } from './named-tensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'treadle-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

const texts = fc.dictionary(
  names.filter((name) => name !== '__proto__'),
  names,
  { maxKeys: 3 },
);

/** A file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
}

/** The header of a file, and where its data begin. */
function headerOf(bytes: Uint8Array): { readonly header: Record<string, never>; readonly start: number } {
  const start = 8 + Number(Buffer.from(bytes).readBigUInt64LE());
  return { header: JSON.parse(Buffer.from(bytes).toString('utf8', 8, start)), start };
}

describe('what is written is read again', () => {
  test('as bytes: names, shapes, dtypes, every bit, and metadata', async () => {
    await fc.assert(
      fc.asyncProperty(namedTensors, texts, async (written, metadata) => {
        const file = tensorsFromBytes(await tensorsToBytes(written, { metadata }));
        expect(contentsOf(Object.entries(file.tensors))).toEqual(contentsOf(written));
        expect(file.metadata).toEqual(metadata);
      }),
    );
  });

  test('as a file, which has the same bytes, under a path or a URL', async () => {
    const path = join(folder, 'same.safetensors');
    await fc.assert(
      fc.asyncProperty(namedTensors, fc.boolean(), async (written, isUrl) => {
        const place = isUrl ? pathToFileURL(path) : path;
        await saveTensors(place, written);
        expect(Buffer.compare(readFileSync(path), await tensorsToBytes(written))).toBe(0);
        const { tensors, metadata } = await loadTensors(place);
        expect(contentsOf(Object.entries(tensors))).toEqual(contentsOf(written));
        expect(metadata).toEqual({});
      }),
      { numRuns: 50 },
    );
    expect(readdirSync(folder)).toEqual(['same.safetensors']);
  });

  test('where a tensor takes many parts, and is not computed yet', async () => {
    const x = tensor(Float32Array.from({ length: 700_001 }, (_, i) => i)).mul(3);
    const path = join(folder, 'parts.safetensors');
    await saveTensors(path, { x, y: ones([3], { dtype: 'uint8' }) });
    const { tensors } = await loadTensors(path);
    expect(tensors.x?.data()).toEqual(x.data());
    expect(tensors.y?.toArray()).toEqual([1, 1, 1]);
    rmSync(path);
  });

  test('a variable with the value that it had at the time of the call', async () => {
    const v = variable(zeros([300_000]));
    const bytes = tensorsToBytes({ v });
    v.assign(ones([300_000]));
    v.sum().item();
    expect(
      tensorsFromBytes(await bytes)
        .tensors.v?.max()
        .item(),
    ).toBe(0);
    expect(v.min().item()).toBe(1);
    v.dispose();
  });

  test('a tensor that is disposed of meanwhile', async () => {
    const x = ones([300_000]).add(1);
    const bytes = tensorsToBytes({ x });
    x.dispose();
    expect(
      tensorsFromBytes(await bytes)
        .tensors.x?.min()
        .item(),
    ).toBe(2);
  });
});

describe('the bytes that are written', () => {
  test('keep the rules: data begin at a multiple of 8, and each tensor at a multiple of its elements', async () => {
    const sizes: Record<string, number> = { BOOL: 1, U8: 1, F16: 2, I32: 4, F32: 4 };
    await fc.assert(
      fc.asyncProperty(namedTensors, async (written) => {
        const bytes = await tensorsToBytes(written);
        const { header, start } = headerOf(bytes);
        expect(start % 8).toBe(0);
        for (const { dtype, data_offsets } of Object.values<{ dtype: string; data_offsets: number[] }>(header)) {
          expect((data_offsets[0] ?? 0) % (sizes[dtype] ?? Number.NaN)).toBe(0);
        }
      }),
    );
  });

  test('are the same for the same tensors', async () => {
    const [a, b] = [await tensorsToBytes({ x: [1, 2] }), await tensorsToBytes({ x: [1, 2] })];
    expect(a).toEqual(b);
    const { header } = headerOf(a);
    expect(header).toEqual({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
  });
});

describe('a file that breaks a rule is refused by name', () => {
  const f32 = (shape: unknown, data_offsets: unknown): object => ({ dtype: 'F32', shape, data_offsets });
  test.each<[string, Uint8Array, string]>([
    ['no length', Uint8Array.of(1, 2), 'a file must begin with 8 bytes for the length of its header; got 2 bytes'],
    ['a length beyond the file', fileOf('{}', 0).subarray(0, 9), 'the header must take at most 1 bytes here; got 2'],
    [
      'a length of 2⁶⁴ − 1',
      new Uint8Array(16).fill(255),
      'the header must take at most 8 bytes here; got 18446744073709552000',
    ],
    ['no header', fileOf('', 0), 'the header must begin with {; got none'],
    ['a space before the header', fileOf(' {}', 0), 'the header must begin with {; got byte 32'],
    ['no JSON', fileOf('{"x":', 0), 'the header must be JSON in UTF-8; got text that is not'],
    [
      'another encoding',
      Buffer.concat([fileOf('{"aaaa":1}', 0)]).fill(255, 11, 12),
      'the header must be JSON in UTF-8; got text that is not',
    ],
    [
      'a name twice',
      fileOf('{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0078":{}}', 0),
      'a name must come once; got "x" twice',
    ],
    [
      'a field twice',
      fileOf('{"x":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}}', 0),
      'a name must come once; got "shape" twice',
    ],
    [
      'an entry that is no object',
      fileOf({ x: 3 }, 0),
      'the dtype of tensor "x" must be one of BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F8_E4M3, F8_E5M2, F8_E8M0, F16, BF16, F32, F64; got undefined',
    ],
    [
      'complex numbers',
      fileOf({ x: { dtype: 'C64', shape: [1], data_offsets: [0, 8] } }, 8),
      'the dtype of tensor "x" must be one of BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F8_E4M3, F8_E5M2, F8_E8M0, F16, BF16, F32, F64; got "C64"',
    ],
    [
      'a negative extent',
      fileOf({ x: f32([-1], [0, 4]) }, 4),
      'the shape of tensor "x" must be whole numbers ≥ 0; got [-1]',
    ],
    [
      'a shape whose size no number holds',
      fileOf({ x: f32([2 ** 40, 2 ** 40], [0, 0]) }, 0),
      'tensor "x", F32 [1099511627776, 1099511627776], must take 4.835703278458517e+24 bytes; got 0',
    ],
    [
      'offsets in the wrong order',
      fileOf({ x: f32([1], [4, 0]) }, 4),
      'data_offsets of tensor "x" must be where it begins and ends; got [4, 0]',
    ],
    [
      'three offsets',
      fileOf({ x: f32([1], [0, 4, 8]) }, 4),
      'data_offsets of tensor "x" must be where it begins and ends; got [0, 4, 8]',
    ],
    ['a size that lies', fileOf({ x: f32([2], [0, 4]) }, 4), 'tensor "x", F32 [2], must take 8 bytes; got 4'],
    [
      'a hole',
      fileOf({ x: f32([1], [0, 4]), y: f32([1], [5, 9]) }, 9),
      'there must be no hole between tensors; got tensor "y" at byte 5 after one that ends at 4',
    ],
    [
      'an overlap',
      fileOf({ x: f32([1], [0, 4]), y: f32([1], [3, 7]) }, 7),
      'tensors must not overlap; got tensor "y" at byte 3 after one that ends at 4',
    ],
    [
      'a hole before the first',
      fileOf({ x: f32([1], [1, 5]) }, 5),
      'there must be no hole between tensors; got tensor "x" at byte 1 after one that ends at 0',
    ],
    [
      'bytes after the last',
      fileOf({ x: f32([1], [0, 4]) }, 6),
      'the file must end with its tensors, at byte 4; got 6 bytes of data',
    ],
    [
      'too few bytes',
      fileOf({ x: f32([1], [0, 4]) }, 3),
      'the tensors must take 4 bytes; got 3; the file is cut short',
    ],
    [
      'metadata that are no texts',
      fileOf({ __metadata__: { a: 1 } }, 0),
      '__metadata__ must be texts by name; got an object',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => tensorsFromBytes(bytes)).toThrow(new FormatError(`safetensors: ${message}`));
  });

  test('with the path, where there is one', async () => {
    const path = join(folder, 'bad.safetensors');
    writeFileSync(path, 'x');
    await expect(loadTensors(path)).rejects.toThrow(`got 1 bytes (${path})`);
    await expect(loadTensors(path)).rejects.toBeInstanceOf(FormatError);
    rmSync(path);
  });

  test('a header whose length is no multiple of 8, as older programs write it, is read', () => {
    const file = fileOf({ x: f32([2], [0, 8]) }, 8);
    expect(headerOf(file).start % 8).not.toBe(0);
    expect(tensorsFromBytes(file).tensors.x?.toArray()).toEqual([0, 0]);
  });
});

describe('values of other types', () => {
  const read = (dtype: string, data: ArrayBufferView): unknown => {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const file = fileOf(
      { x: { dtype, shape: [Number(Reflect.get(data, 'length'))], data_offsets: [0, bytes.length] } },
      0,
    );
    const x = tensorsFromBytes(Buffer.concat([file, bytes])).tensors.x;
    return x && { dtype: x.dtype, values: [...x.data()] };
  };
  const least = -(2 ** 31);
  test.each<[string, ArrayBufferView, object]>([
    ['BOOL', Uint8Array.of(0, 1, 2), { dtype: 'bool', values: [0, 1, 1] }],
    ['I8', Int8Array.of(-128, 127), { dtype: 'int32', values: [-128, 127] }],
    ['I16', Int16Array.of(-32768, 32767), { dtype: 'int32', values: [-32768, 32767] }],
    ['U16', Uint16Array.of(0, 65535), { dtype: 'int32', values: [0, 65535] }],
    ['U32', Uint32Array.of(0, 2 ** 31 - 1), { dtype: 'int32', values: [0, 2 ** 31 - 1] }],
    ['I64', BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n, -1n), { dtype: 'int32', values: [least, 2 ** 31 - 1, -1] }],
    ['U64', BigUint64Array.of(0n, 2n ** 31n - 1n), { dtype: 'int32', values: [0, 2 ** 31 - 1] }],
    ['F64', Float64Array.of(0.1, -Infinity, 1e-60), { dtype: 'float32', values: [Math.fround(0.1), -Infinity, 0] }],
    ['BF16', Uint16Array.of(0x3f80, 0xc049, 0xff80), { dtype: 'float32', values: [1, -3.140625, -Infinity] }],
  ])('%s that fit', (dtype, data, content) => {
    expect(read(dtype, data)).toEqual(content);
  });

  test.each<[string, ArrayBufferView, string]>([
    ['U32', Uint32Array.of(1, 2 ** 31), 'elements of "x" must fit int32; got 2147483648 (uint32) at element 1 of [2]'],
    [
      'I64',
      BigInt64Array.of(0n, -(2n ** 31n) - 1n),
      'elements of "x" must fit int32; got -2147483649 (int64) at element 1 of [2]',
    ],
    ['I64', BigInt64Array.of(2n ** 31n), 'elements of "x" must fit int32; got 2147483648 (int64) at element 0 of [1]'],
    [
      'U64',
      BigUint64Array.of(2n ** 64n - 1n),
      'elements of "x" must fit int32; got 18446744073709551615 (uint64) at element 0 of [1]',
    ],
    ['F64', Float64Array.of(1, -1e39), 'elements of "x" must fit float32; got -1e+39 (float64) at element 1 of [2]'],
  ])('%s that do not fit', (dtype, data, message) => {
    expect(() => read(dtype, data)).toThrow(new FormatError(`safetensors: ${message}`));
  });

  test('an element that does not fit is named far behind the first ones', () => {
    const data = new BigInt64Array(100_000);
    data[77_777] = 2n ** 40n;
    expect(() => read('I64', data)).toThrow('got 1099511627776 (int64) at element 77777 of [100000]');
  });
});

describe('what cannot be written is refused', () => {
  test.each<[string, unknown, string]>([
    [
      'a name that means metadata',
      { __metadata__: [1] },
      'saveTensors: no tensor may be named "__metadata__"; got one that is',
    ],
    [
      'half of a surrogate pair',
      { '\ud800': [1] },
      'saveTensors: texts must be Unicode; got "\\ud800", with half of a pair',
    ],
    [
      'a tensor without a name',
      ones([2]),
      'saveTensors: tensors must have names; got a Tensor; give them as { name: tensor }',
    ],
    ['an array', [ones([2])], 'saveTensors: tensors must have names; got [a Tensor]; give them as { name: tensor }'],
    ['nothing', undefined, 'saveTensors: tensors must have names; got undefined; give them as { name: tensor }'],
  ])('%s', async (_, tensors, message) => {
    const path = join(folder, 'refused');
    await expect(Reflect.apply(saveTensors, undefined, [path, tensors])).rejects.toThrow(message);
    expect(readdirSync(folder)).not.toContain('refused');
  });

  test('metadata that are no texts, unknown options, and paths that are none', async () => {
    const path = join(folder, 'x');
    await expect(saveTensors(path, {}, JSON.parse('{"metadata":{"a":1}}'))).rejects.toThrow(
      'saveTensors: metadata must be texts by name; got an object',
    );
    await expect(saveTensors(path, {}, JSON.parse('{"metdata":{}}'))).rejects.toThrow('did you mean "metadata"?');
    await expect(saveTensors(JSON.parse('3'), {})).rejects.toThrow(
      'saveTensors: a path must be a URL or a string; got 3',
    );
    await expect(loadTensors(join(folder, 'none'))).rejects.toThrow('ENOENT');
    expect(() => tensorsFromBytes(JSON.parse('[1]'))).toThrow('tensorsFromBytes: bytes must be a Uint8Array; got [1]');
  });
});
