// What is written here is read by the real others: NumPy and safetensors. In the long tests alone, and where the Python that
// TREADLE_PYTHON names (by default python3) has both.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesFor, openNpz, saveNpy, saveNpz, saveTensors, writeAtomically } from '@treadle/formats';
import type { Tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { namedTensors } from './named-tensors.ts';

const python = process.env.TREADLE_PYTHON ?? 'python3';
const isThere =
  process.env.TREADLE_TEST_LONG !== undefined && spawnSync(python, ['-c', 'import numpy, safetensors']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'treadle-python-'));
afterAll(() => rmSync(folder, { recursive: true }));

const files = 30;

/** A tensor as read-back.py describes arrays. */
function described(x: Tensor): unknown {
  const values = x.data();
  const own = x.dtype === 'float16' ? new Float16Array(values) : values;
  const bytes = Buffer.from(own.buffer, own.byteOffset, own.byteLength).toString('base64');
  return { dtype: x.dtype, shape: [...x.shape], bytes };
}

test.runIf(isThere)(
  'Python reads what is written: names, dtypes, shapes, every bit, and metadata',
  { timeout: 600_000 },
  async () => {
    const script = fileURLToPath(new URL('read-back.py', import.meta.url));
    const paths: string[] = [];
    const wanted: unknown[] = [];
    const entries = namedTensors.filter((all) => ![...all.keys()].some((name) => /[\0\\]/.test(name)));
    for (const [i, all] of fc.sample(entries, files).entries()) {
      const tensors = Object.fromEntries([...all].map(([name, x]) => [name, described(x)]));
      const write = async (path: string, content: unknown, write: (path: string) => Promise<void>): Promise<void> => {
        await write(join(folder, path));
        paths.push(join(folder, path));
        wanted.push(content);
      };
      const metadata = { i: String(i), 'ü"\n': '\0' };
      await write(`${i}.safetensors`, { tensors, metadata }, (path) => saveTensors(path, all, { metadata }));
      await write(`${i}.npz`, { tensors }, (path) => saveNpz(path, all));
      await write(`${i}-deflated.npz`, { tensors }, (path) => saveNpz(path, all, { compressed: true }));
      await write(`${i}-64.npz`, { tensors }, async (path) => {
        const file = openNpz('test', all, {}, 100);
        await writeAtomically(filesFor('test', path, ''), path, file.parts());
        file.close();
      });
      for (const [j, x] of [...all.values()].entries()) {
        await write(`${i}-${j}.npy`, { tensors: { '': described(x) } }, (path) => saveNpy(path, x));
      }
    }
    const found: unknown = JSON.parse(
      execFileSync(python, [script, ...paths], { encoding: 'utf8', maxBuffer: 2 ** 28 }),
    );
    expect(found).toEqual(wanted);
  },
);
