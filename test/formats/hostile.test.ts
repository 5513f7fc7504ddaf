// Damaged and malicious files: they give a right answer or a FormatError with a short message, and take memory for what they hold, not
// for what they promise.

import { npyFromBytes, npyToBytes, npzFromBytes, npzToBytes, tensorsFromBytes, tensorsToBytes } from '@treadle/formats';
import { FormatError, type Tensor, tensor, zeros } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutated, mutations } from '../support/mutated.ts';
import { contentOf, contentsOf } from './named-tensors.ts';

const runs = process.env.TREADLE_TEST_LONG ? 1_000_000 : 3000;
const timeout = 3_600_000;

const some = {
  w: tensor([
    [1, 2],
    [3, 4],
  ]),
  half: tensor([0.5], { dtype: 'float16' }),
  'layer/mask': tensor([true, false, true]),
  counts: tensor(new Int32Array([-1, 5])),
  none: tensor([], { shape: [0, 3] }),
};

type Named = Readonly<Record<string, Tensor>>;

/** Reads damaged bytes: what was read must come back when it is written. */
async function readsOrRefuses(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => Named,
  write: (all: Named) => Promise<Uint8Array>,
): Promise<void> {
  let found: Named;
  try {
    found = read(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.message).toMatch(/^(safetensors|npy|npz): /);
    expect(error.message.length).toBeLessThan(1000);
    return;
  }
  const tensors = Object.values(found);
  const taken = tensors.reduce((sum, x) => sum + x.data().byteLength, 0);
  expect(taken).toBeLessThanOrEqual(4 * bytes.length + 64 * 2 ** 20);
  const again = contentsOf(Object.entries(read(await write(found))));
  expect(again).toEqual(contentsOf(Object.entries(found)));
  for (const x of tensors) x.dispose();
}

describe('mutated and truncated files give a right answer or a FormatError', () => {
  const formats: readonly [
    string,
    Promise<Uint8Array>,
    (bytes: Uint8Array) => Named,
    (all: Named) => Promise<Uint8Array>,
  ][] = [
    [
      'safetensors',
      tensorsToBytes(some, { metadata: { a: 'b' } }),
      (bytes) => tensorsFromBytes(bytes).tensors,
      (all) => tensorsToBytes(all),
    ],
    ['npy', npyToBytes(some.w), (bytes) => ({ x: npyFromBytes(bytes) }), ({ x }) => npyToBytes(x ?? 0)],
    ['npz, stored', npzToBytes(some), (bytes) => npzFromBytes(bytes), (all) => npzToBytes(all)],
    [
      'npz, deflated',
      npzToBytes(some, { compressed: true }),
      (bytes) => npzFromBytes(bytes),
      (all) => npzToBytes(all, { compressed: true }),
    ],
  ];
  test.each(formats)('%s', { timeout }, async (_, file, read, write) => {
    const bytes = await file;
    await fc.assert(
      fc.asyncProperty(mutations, (changes) => readsOrRefuses(mutated(bytes, changes), read, write)),
      { numRuns: runs },
    );
  });

  test.each(formats)('%s: every beginning of a file is refused', async (_, file, read) => {
    const bytes = await file;
    for (let length = 0; length < bytes.length; length++) {
      expect(() => read(bytes.subarray(0, length)), String(length)).toThrow(FormatError);
    }
  });

  test.each(formats)('%s: every byte may be damaged', async (_, file, read, write) => {
    const bytes = await file;
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await readsOrRefuses(changed, read, write);
    }
  });
});

test('npz: a changed bit in the elements never goes unnoticed', async () => {
  for (const compressed of [false, true]) {
    const bytes = await npzToBytes({ w: some.w }, { compressed });
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      try {
        const { w, ...others } = npzFromBytes(changed);
        if (w && Object.keys(others).length === 0) expect(contentOf(w)).toEqual(contentOf(some.w));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  }
});

/** A safetensors file without data. */
function safetensors(header: string): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}

describe('tensors that are so many that they, not their elements, would fill the memory', () => {
  const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
  const many = (count: number): Uint8Array =>
    safetensors(`{${Array.from({ length: count }, (_, i) => `"${i.toString(36)}":${entry}`).join()}}`);

  test('are refused before they are made', () => {
    expect(() => tensorsFromBytes(many(75_000))).toThrow(
      /^safetensors: 75000 tensors must take at most \d+ bytes of memory; got \d+$/,
    );
    expect(Object.keys(tensorsFromBytes(many(5000)).tensors)).toHaveLength(5000);
  });

  test('cannot be written either: what is written can be read', async () => {
    const x = zeros([0]);
    const all = Object.fromEntries(Array.from({ length: 75_000 }, (_, i) => [i.toString(36), x]));
    await expect(tensorsToBytes(all)).rejects.toThrow('75000 tensors must take at most');
    const metadata = { long: 'x'.repeat(5_000_000) };
    const message = 'tensorsToBytes: names and metadata must take at most 4194304 bytes here; got';
    await expect(tensorsToBytes({ x }, { metadata })).rejects.toThrow(message);
  });

  test('a header that is too long is refused before it is read', () => {
    const header = `{${' '.repeat(5_000_000)}}`;
    expect(() => tensorsFromBytes(safetensors(header))).toThrow('must take at most 4194304 bytes here; got 5000002');
  });
});

describe('an error message is short, however long the value is', () => {
  const long = 'x'.repeat(1_000_000);
  test.each<[string, object]>([
    ['a name', { [long]: {} }],
    ['a dtype', { x: { dtype: long, shape: [], data_offsets: [0, 0] } }],
    ['a shape', { x: { dtype: 'F32', shape: Array(100_000).fill(2), data_offsets: [0, 4] } }],
    ['offsets', { x: { dtype: 'F32', shape: [], data_offsets: Array(100_000).fill(2) } }],
    ['metadata', { __metadata__: [long] }],
  ])('%s', (_, header) => {
    let message = '';
    try {
      tensorsFromBytes(safetensors(JSON.stringify(header)));
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/^FormatError: safetensors: /);
    expect(message.length).toBeLessThan(1000);
  });
});
