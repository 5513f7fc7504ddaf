// npy and npz: what is written is read again, in any layout, and files that break a rule of npy or zip are refused by name.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, crc32 as zlibCrc32 } from 'node:zlib';
import {
  crc32,
  loadNpy,
  loadNpz,
  npyFromBytes,
  npyToBytes,
  npzFromBytes,
  npzToBytes,
  openNpz,
  saveNpy,
  saveNpz,
  toBytes,
} from '@treadle/formats';
import { FormatError, ones, sizeOf, tensor, zeros } from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { contentOf, contentsOf, namedTensors, tensors } from './named-tensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'treadle-numpy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Names of entries cannot have U+0000. */
const entries = namedTensors.filter((all) => ![...all.keys()].some((name) => name.includes('\0')));

describe('npy: what is written is read again', () => {
  test('as bytes and as a file: shape, dtype and every bit', async () => {
    const path = join(folder, 'x.npy');
    await fc.assert(
      fc.asyncProperty(tensors, async (x) => {
        const bytes = await npyToBytes(x);
        expect(contentOf(npyFromBytes(bytes))).toEqual(contentOf(x));
        await saveNpy(path, x);
        expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
        expect(contentOf(await loadNpy(path))).toEqual(contentOf(x));
      }),
    );
  });

  test('elements begin at a multiple of 64 bytes', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, async (x) => {
        const values = (await npyToBytes(x)).length - (x.dtype === 'float16' ? 2 * x.size : x.data().byteLength);
        expect(values % 64).toBe(0);
      }),
    );
  });
});

/** An npy file with this text as its header. */
function npy(text: string, data: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const body = Buffer.from(text, version === 3 ? 'utf8' : 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(body.length);
  else length.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Uint8Array.of(version, 0), length, body, data]);
}

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}}`;

test('npy: Fortran order is the order of the transposed array, for any shape and length of element', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { maxLength: 5 }), fc.boolean(), (shape, isBig) => {
      const size = sizeOf(shape);
      const data = Buffer.alloc(4 * size);
      for (let i = 0; i < size; i++) isBig ? data.writeInt32BE(i, 4 * i) : data.writeInt32LE(i, 4 * i);
      const text = header(isBig ? "'>i4'" : "'<i4'", `(${shape.map((extent) => `${extent},`).join('')})`, 'True');
      const x = npyFromBytes(npy(text, data));
      const axes = shape.map((_, axis) => shape.length - 1 - axis);
      const wanted = tensor(
        Int32Array.from({ length: size }, (_, i) => i),
        { shape: shape.toReversed() },
      ).transpose(axes);
      expect([x.shape, x.toArray()]).toEqual([shape, wanted.toArray()]);
    }),
  );
});

test('npy: an array in Fortran order that takes several buffers', () => {
  const [rows, columns] = [301, 257];
  const data = new Float64Array(rows * columns).map((_, i) => i);
  const x = npyFromBytes(npy(header("'<f8'", `(${rows}, ${columns})`, 'True'), new Uint8Array(data.buffer)));
  const wanted = tensor(data, { shape: [columns, rows] }).transpose([1, 0]);
  expect(x.data()).toEqual(wanted.data());
});

test.each([
  ["{'descr': '<i4', 'fortran_order': False, 'shape': (2L, 1L), }\n", [2, 1]],
  ['{"descr":"<i4","fortran_order":False,"shape":[2,1,],}', [2, 1]],
  ["{'shape': ((2), ), 'fortran_order': True, 'descr': '=i4'}   ", [2]],
])('npy: the header %s is read', (text, shape) => {
  for (const version of [1, 2, 3]) expect(npyFromBytes(npy(text, new Uint8Array(8), version)).shape).toEqual(shape);
});

describe('npy: a file that breaks a rule is refused by name', () => {
  const elements = 'elements must be bool, int8 … int64, uint8 … uint64 or float16 … float64; got';
  test.each<[string, Uint8Array, string]>([
    ['no header', Uint8Array.of(1), 'a file must begin with 10 bytes of header; got 1 bytes'],
    ['other first bytes', new Uint8Array(10), 'a file must begin with 0x93 NUMPY; got other bytes'],
    ['version 4', npy('', undefined, 4), 'the version must be 1.0, 2.0 or 3.0; got 4.0'],
    [
      'a header that is longer than the file',
      npy('x'.repeat(9)).subarray(0, 15),
      'the text of the header must take at most 5 bytes here; got 9',
    ],
    [
      'a header of 2 bytes that lack',
      npy('', undefined, 2).subarray(0, 10),
      'the header must be complete; got 10 bytes',
    ],
    [
      'a very long header',
      npy(' '.repeat(70_000), undefined, 2),
      'the text of the header must take at most 65536 bytes here; got 70000',
    ],
    ['an empty header', npy(''), 'the header must be a Python dict; got a text that is none'],
    ['a header that is no dict', npy('3'), 'the header must be a Python dict; got another value'],
    ['code', npy("__import__('os')"), 'the header must be a Python dict; got a text that is none'],
    ['deep brackets', npy('['.repeat(60_000)), 'the header must be a Python dict; got a text that is none'],
    ['a key twice', npy("{'a': 1, 'a': 1}"), 'the header must be a Python dict; got a text that is none'],
    [
      'a missing key',
      npy("{'descr': '<f4', 'shape': ()}"),
      'the header must have descr, fortran_order and shape; got ["descr", "shape"]',
    ],
    [
      'a surplus key',
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}"),
      'the header must have descr, fortran_order and shape; got ["descr", "fortran_order", "shape", "x"]',
    ],
    ['an order that is no truth', npy(header("'<f4'", '()', '1')), 'fortran_order must be True or False; got 1'],
    ['a negative extent', npy(header("'<f4'", '(-1,)')), 'the shape must be a tuple of whole numbers ≥ 0; got [-1]'],
    ['a number as shape', npy(header("'<f4'", '(3)')), 'the shape must be a tuple of whole numbers ≥ 0; got 3'],
    ['an unknown type', npy(header("'<q4'", '()')), `${elements} "<q4"`],
    ['a type without an order', npy(header("'f4'", '()')), `${elements} "f4"`],
    ['float128', npy(header("'<f16'", '()')), `${elements} "<f16", floats of the machine where it was written`],
    [
      'fewer elements',
      npy(header("'<f4'", '(2,)'), new Uint8Array(4)),
      'an array [2] of float32 must take 73 bytes with its header; got 69; the file is cut short',
    ],
    [
      'more elements',
      npy(header("'<f4'", '()'), new Uint8Array(5)),
      'an array [] of float32 must take 67 bytes with its header; got 68; the file is longer than its header says',
    ],
    ['65 axes', npy(header("'<f4'", `(${'0,'.repeat(65)})`)), 'elements must have at most 64 axes; got 65'],
  ])('%s', (_, bytes, message) => {
    expect(() => npyFromBytes(bytes)).toThrow(new FormatError(`npy: ${message}`));
  });

  test('a header that promises more than memory holds takes none', () => {
    expect(() => npyFromBytes(npy(header("'<f8'", '(9007199254740991,)')))).toThrow('the file is cut short');
    const { arrayBuffers } = process.memoryUsage();
    expect(() => npyFromBytes(npy(header("'<f8'", '(268435456,)')))).toThrow('the file is cut short');
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(2 ** 24);
  });
});

describe('npz: what is written is read again', () => {
  test('as bytes and as a file, stored or deflated, with fields of 32 or 64 bits', async () => {
    const path = join(folder, 'x.npz');
    await fc.assert(
      fc.asyncProperty(entries, fc.boolean(), fc.constantFrom(0, 200, 1000), async (written, compressed, largest) => {
        const bytes = await npzToBytes(written, { compressed });
        expect(contentsOf(Object.entries(npzFromBytes(bytes)))).toEqual(contentsOf(written));
        const file = openNpz('test', written, { compressed }, largest);
        expect(contentsOf(Object.entries(npzFromBytes(await toBytes(file))))).toEqual(contentsOf(written));
        file.close();
        await saveNpz(path, written, { compressed });
        expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
        expect(contentsOf(Object.entries(await loadNpz(path)))).toEqual(contentsOf(written));
      }),
    );
  });

  test('large arrays', async () => {
    const x = tensor(Int32Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) | 0));
    for (const compressed of [false, true]) {
      const all = npzFromBytes(await npzToBytes({ x, zeros: zeros([1_000_000]) }, { compressed }));
      expect(all.x?.data()).toEqual(x.data());
      expect(all.zeros?.max().item()).toBe(0);
    }
  });

  test('names that the format cannot hold are refused', async () => {
    const message = 'npzToBytes: a name must be Unicode without U+0000, of at most 65531 bytes; got';
    for (const name of ['a\0', '\ud800', 'x'.repeat(65_532)]) {
      await expect(npzToBytes({ [name]: [1] })).rejects.toThrow(message);
    }
    expect(Object.keys(npzFromBytes(await npzToBytes({ ['x'.repeat(65_531)]: [1] })))).toHaveLength(1);
    await expect(npzToBytes({}, JSON.parse('{"compress":true}'))).rejects.toThrow('did you mean "compressed"?');
  });
});

test('the checksum is that of zlib, in one part or in several', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(zlibCrc32(bytes));
    }),
  );
});

interface Entry {
  readonly name: string;
  readonly data: Uint8Array;
  /** what the headers say of it, where that is not the truth */
  readonly says?: {
    readonly method?: number;
    readonly flags?: number;
    readonly crc?: number;
    readonly packed?: number;
    readonly unpacked?: number;
    readonly offset?: number;
    readonly local?: string;
  };
  readonly packed?: Uint8Array;
}

/** A zip file as it is, or as it must not be. */
function zip(entries: readonly Entry[], { count = entries.length, before = 0, disk = 0 } = {}): Uint8Array {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[Buffer.alloc(before)], []];
  let at = before;
  for (const { name, data, packed = data, says = {} } of entries) {
    const { method = packed === data ? 0 : 8, flags = 0x800, crc = zlibCrc32(data) } = says;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(says.packed ?? packed.length, 14);
    common.writeUInt32LE(says.unpacked ?? data.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(says.offset ?? at, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(says.local ?? name), packed]);
    locals.push(local);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\0\0'), common, rest, Buffer.from(name)]));
    at += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(disk, 4);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at - (before === 0 ? 0 : before), 16);
  return Buffer.concat([...locals, directory, end]);
}

describe('npz: a file that breaks a rule is refused by name', () => {
  const x = npy(header("'<i4'", '(2,)'), Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0));
  const name = 'x.npy';
  const deflated = deflateRawSync(x);
  const file = zip([{ name, data: x }]);

  test('files as they should be are read', () => {
    for (const bytes of [file, zip([{ name, data: x, packed: deflated }])]) {
      expect(npzFromBytes(bytes).x?.toArray()).toEqual([1, 2]);
    }
    expect(npzFromBytes(zip([]))).toEqual({});
  });

  test.each<[string, Uint8Array, string]>([
    ['no directory', x, 'a zip file must end with its directory; got none; the file is cut short, or no zip file'],
    [
      'a cut file',
      file.subarray(0, -1),
      'a zip file must end with its directory; got none; the file is cut short, or no zip file',
    ],
    ['bytes before it', zip([{ name, data: x }], { before: 3 }), 'the directory must end at byte 162; got 108 + 51'],
    ['a part of several', zip([{ name, data: x }], { disk: 1 }), 'a zip file must be one file; got a part of several'],
    ['another count', zip([{ name, data: x }], { count: 2 }), 'the directory must have 2 entries; got 1'],
    [
      'fields of 64 bits that lack',
      zip([{ name, data: x }], { count: 0xffff }),
      'a directory of 64 bits must have its end record; got none',
    ],
    [
      'a name twice',
      zip([
        { name, data: x },
        { name, data: x },
      ]),
      'a name must come once; got "x.npy" twice',
    ],
    ['another file', zip([{ name: 'x.txt', data: x }]), 'every file in it must be an npy file; got "x.txt"'],
    [
      'encryption',
      zip([{ name, data: x, says: { flags: 0x801 } }]),
      '"x.npy" must not be encrypted or patched; got flags 0x801',
    ],
    [
      'another method',
      zip([{ name, data: x, says: { method: 93 } }]),
      '"x.npy" must be stored or deflated; got method 93 (Zstandard)',
    ],
    [
      'a name in another encoding',
      zip([{ name: 'é.npy', data: x, says: { flags: 0 } }]),
      'names must be ASCII or UTF-8; got one in another encoding',
    ],
    [
      'another checksum',
      zip([{ name, data: x, says: { crc: 1 } }]),
      `"x.npy" must have the checksum 0x00000001; got 0x${zlibCrc32(x).toString(16).padStart(8, '0')}; it is damaged`,
    ],
    [
      'a size of what is stored that lies',
      zip([{ name, data: x, says: { packed: 1 } }]),
      '"x.npy", which is stored, must take 73 bytes; got 1',
    ],
    [
      'more bytes than the directory says',
      zip([{ name, data: x, packed: deflated, says: { unpacked: 72 } }]),
      '"x.npy" must unpack to 72 bytes; got more',
    ],
    [
      'fewer bytes than the directory says',
      zip([{ name, data: x, packed: deflateRawSync(x.subarray(0, 70)) }]),
      '"x.npy" must unpack to 73 bytes; got 70',
    ],
    [
      'a bomb',
      zip([{ name, data: x, packed: deflateRawSync(Buffer.concat([x, new Uint8Array(2 ** 24)])) }]),
      '"x.npy" must unpack to 73 bytes; got more',
    ],
    [
      'data that are not deflated',
      zip([{ name, data: x, packed: Buffer.alloc(9, 255) }]),
      '"x.npy" must be deflated data; got data that are not (invalid block type)',
    ],
    [
      'bytes after the deflated data',
      zip([{ name, data: x, packed: Buffer.concat([deflated, Buffer.alloc(2 ** 19)]) }]),
      '"x.npy" must end where its deflated data end; got more bytes',
    ],
    [
      'another name in its own header',
      zip([{ name, data: x, says: { local: 'y.npy' } }]),
      '"x.npy" must have that name in its local header; got "y.npy"',
    ],
    [
      'an offset without a header',
      zip([{ name, data: x, says: { offset: 1 } }]),
      '"x.npy" must have a local header; got none',
    ],
    [
      'an offset behind the directory',
      zip([{ name, data: x, says: { offset: 10_000 } }]),
      '"x.npy" must lie before the directory; got byte 10000',
    ],
    [
      'an overlap',
      zip([
        { name, data: x },
        { name: 'y.npy', data: x, says: { offset: 10 } },
      ]),
      '"y.npy" must not overlap with another entry; got byte 10 before 108',
    ],
    [
      'an array that is broken',
      zip([{ name, data: x.subarray(0, 50) }]),
      'in "x", the text of the header must take at most 40 bytes here; got 55',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => npzFromBytes(bytes)).toThrow(new FormatError(`npz: ${message}`));
  });

  test('a directory that ends in the middle of an entry', () => {
    const broken = Buffer.from(file);
    broken.writeUInt16LE(60_000, broken.length - 22 - 51 + 32); // the length of a comment
    expect(() => npzFromBytes(broken)).toThrow('npz: the directory must be complete; got an entry that is cut');
  });
});

describe('npz: a small file that unpacks to a large one', () => {
  const packed = npzToBytes({ x: ones([2 ** 24]) }, { compressed: true }); // 64 MiB

  test('is refused before memory is taken, unless the caller allows it', async () => {
    const bytes = await packed;
    expect(bytes.length).toBeLessThan(2 ** 17);
    const { arrayBuffers } = process.memoryUsage();
    expect(() => npzFromBytes(bytes)).toThrow(
      `npz: the tensors must take at most ${4 * bytes.length + 48 * 2 ** 20} bytes; got more`,
    );
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(2 ** 25);
    expect(npzFromBytes(bytes, { maxBytes: 2 ** 26 + 1024 }).x?.size).toBe(2 ** 24);
  });

  test('is refused in many parts, too', async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x${i}`, zeros([2 ** 18])])); // 1 MiB each
    const bytes = await npzToBytes(many, { compressed: true });
    expect(() => npzFromBytes(bytes)).toThrow('raise maxBytes if you trust the file');
  });
});
