// Laws of the IDX reader, against a writer that follows the description of the format on the MNIST page.

import { gzipSync } from 'node:zlib';
import { decodeIdx, FormatError } from '@treadle/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const types = {
  uint8: { code: 0x08, bytes: 1, write: (v: DataView, at: number, x: number) => v.setUint8(at, x) },
  int8: { code: 0x09, bytes: 1, write: (v: DataView, at: number, x: number) => v.setInt8(at, x) },
  int16: { code: 0x0b, bytes: 2, write: (v: DataView, at: number, x: number) => v.setInt16(at, x) },
  int32: { code: 0x0c, bytes: 4, write: (v: DataView, at: number, x: number) => v.setInt32(at, x) },
  float32: { code: 0x0d, bytes: 4, write: (v: DataView, at: number, x: number) => v.setFloat32(at, x) },
  float64: { code: 0x0e, bytes: 8, write: (v: DataView, at: number, x: number) => v.setFloat64(at, x) },
} as const;
type TypeName = keyof typeof types;
const typeNames: readonly TypeName[] = ['uint8', 'int8', 'int16', 'int32', 'float32', 'float64'];

const elements: Record<TypeName, fc.Arbitrary<number>> = {
  uint8: fc.integer({ min: 0, max: 255 }),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  int32: fc.integer(),
  float32: fc.float(),
  float64: fc.double(),
};

interface Written {
  readonly type: TypeName;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const written: fc.Arbitrary<Written> = fc
  .record({
    type: fc.constantFrom(...typeNames),
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
  })
  .chain(({ type, shape }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const values = fc.array(elements[type], { minLength: length, maxLength: length });
    return values.map((list) => ({ type, shape, values: list }));
  });

function writeIdx({ type, shape, values }: Written): Uint8Array {
  const { code, bytes, write } = types[type];
  const start = 4 + 4 * shape.length;
  const view = new DataView(new ArrayBuffer(start + values.length * bytes));
  view.setUint8(2, code);
  view.setUint8(3, shape.length);
  for (const [i, extent] of shape.entries()) view.setUint32(4 + 4 * i, extent);
  for (const [i, value] of values.entries()) write(view, start + i * bytes, value);
  return new Uint8Array(view.buffer);
}

const small = { type: 'uint8', shape: [2, 3], values: [1, 2, 3, 4, 5, 250] } as const;

describe('decodeIdx', () => {
  test('decode(write(x)) = x for every element type and shape, float64 rounded to float32', () => {
    fc.assert(
      fc.property(written, fc.boolean(), (array, packed) => {
        const bytes = writeIdx(array);
        const read = decodeIdx(packed ? gzipSync(bytes) : bytes);
        expect(read.shape).toEqual(array.shape);
        expect(read.elementType).toBe(array.type);
        expect([...read.values]).toEqual(array.values.map((v) => (array.type === 'float64' ? Math.fround(v) : v)));
      }),
    );
  });

  test('int32 and lists of whole numbers become int32, all others float32', () => {
    fc.assert(
      fc.property(written, (array) => {
        const isInt = array.type === 'int32' || (array.shape.length < 2 && !array.type.startsWith('float'));
        expect(decodeIdx(writeIdx(array)).values).toBeInstanceOf(isInt ? Int32Array : Float32Array);
      }),
    );
  });

  test('a file that is shorter or longer than its header states is a FormatError', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.integer({ min: 1, max: 9 }), (array, cut, more) => {
        const bytes = writeIdx(array);
        expect(() => decodeIdx(bytes.subarray(0, cut % bytes.length))).toThrow(FormatError);
        expect(() => decodeIdx(Uint8Array.from([...bytes, ...new Uint8Array(more)]))).toThrow(FormatError);
      }),
    );
  });

  test('a gzip file that is cut anywhere is a FormatError', () => {
    const bytes = gzipSync(writeIdx(small));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeIdx(bytes.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
    }
  });

  test('arbitrary bytes give an array whose size agrees with them, or a FormatError', () => {
    const header = fc.tuple(fc.constant(0), fc.constant(0), fc.constantFrom(8, 9, 10, 11, 12, 13, 14), fc.nat(3));
    fc.assert(
      fc.property(fc.oneof(fc.constant([]), header), fc.uint8Array({ maxLength: 40 }), (head, tail) => {
        const bytes = Uint8Array.from([...head, ...tail]);
        try {
          const { values, shape, elementType } = decodeIdx(bytes);
          expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
          expect(4 + 4 * shape.length + values.length * types[elementType].bytes).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });

  test('a view may start anywhere in a larger buffer', () => {
    const bytes = writeIdx(small);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect([...decodeIdx(shifted.subarray(3)).values]).toEqual(small.values);
  });

  test.each([
    ['no bytes', [], 'idx: the first four bytes must be 0, 0, the element type and the number of axes; got 0 bytes'],
    ['other magic', [1, 2, 3, 4], 'got 0x01020304'],
    [
      'unknown type',
      [0, 0, 0x0a, 1, 0, 0, 0, 0],
      'idx: the element type must be one of 0x08, 0x09, 0x0b … 0x0e; got 0xa',
    ],
    ['short header', [0, 0, 8, 2, 0, 0, 0, 1], 'idx: 2 axes must have 4 bytes each in the header; got 4 bytes'],
    ['short data', [0, 0, 8, 1, 0, 0, 0, 3, 7], 'idx: an array [3] of uint8 must take 11 bytes with its header; got 9'],
    ['long data', [0, 0, 8, 1, 0, 0, 0, 1, 7, 7], 'longer than its header says'],
    ['huge axes', [0, 0, 8, 2, ...new Array(8).fill(255)], 'idx: an array [4294967295, 4294967295] of uint8 must take'],
    ['damaged gzip', [0x1f, 0x8b, 8, 0, 1], 'idx: gzip data must be complete and undamaged; got 5 bytes'],
  ])('%s: the error says what is wrong', (_, bytes, message) => {
    expect(() => decodeIdx(Uint8Array.from(bytes))).toThrow(message);
  });
});
