// Files that NumPy, safetensors, PyTorch and Python's zipfile have made (golden/make-golden.py) give what those programs read in them,
// from the path and from the bytes.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadNpy, loadNpz, loadTensors, npyFromBytes, npzFromBytes, tensorsFromBytes } from '@treadle/formats';
import { FormatError, Tensor } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('golden/', import.meta.url));
const expected: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));

/** What a reader has given, as expected.json says it: numbers that JSON does not have are texts, and −0 is 0. */
function described(x: unknown): unknown {
  if (x instanceof Tensor) {
    const values = [...x.data()].map((value) => (Number.isFinite(value) ? value + 0 : String(value)));
    return { dtype: x.dtype, shape: [...x.shape], values };
  }
  if (typeof x !== 'object' || x === null) return x;
  return Object.fromEntries(Object.entries(x).map(([name, each]) => [name, described(each)]));
}

/** The same, as Python's texts of numbers are JavaScript's. */
function asJavaScript(json: string): unknown {
  const names: Readonly<Record<string, string>> = { inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN' };
  return JSON.parse(json, (key, value: unknown) => {
    if (key !== 'values' || !Array.isArray(value)) return value;
    return value.map((each: unknown) => (typeof each === 'string' ? names[each] : Number(each) + 0));
  });
}

const readers: Readonly<Record<string, readonly [(bytes: Uint8Array) => unknown, (path: string) => Promise<unknown>]>> =
  {
    npy: [npyFromBytes, loadNpy],
    npz: [npzFromBytes, loadNpz],
    safetensors: [tensorsFromBytes, loadTensors],
  };

test('every file is expected', () => {
  const files = readdirSync(folder).filter((name) => /\.(npy|npz|safetensors)$/.test(name));
  expect(files.sort()).toEqual(Object.keys(expected).sort());
});

describe.each(Object.keys(expected))('%s', (name) => {
  const [fromBytes, fromPath] = readers[name.replace(/.*\./, '')] ?? [];
  const path = join(folder, name);
  const content = expected[name];
  if (!fromBytes || !fromPath) throw new Error(`no reader for ${name}`);

  if (typeof content === 'object' && content !== null && 'error' in content) {
    test('is refused by name', async () => {
      const pattern = new RegExp(String(content.error));
      expect(() => fromBytes(readFileSync(path))).toThrow(pattern);
      expect(() => fromBytes(readFileSync(path))).toThrow(FormatError);
      await expect(fromPath(path)).rejects.toThrow(pattern);
    });
    return;
  }
  test('has what its program reads', async () => {
    const wanted = asJavaScript(JSON.stringify(content));
    expect(described(fromBytes(readFileSync(path)))).toEqual(wanted);
    expect(described(await fromPath(path))).toEqual(wanted);
  });
});
