// The list of peers: each with one thread and, if it supports threads, with all.

import { spawnSync } from 'node:child_process';
import type { PeerSpec } from './process.ts';

const python = process.env.TREADLE_PYTHON ?? 'python3';
const pythonImports = (module: string): boolean => spawnSync(python, ['-c', `import ${module}`]).status === 0;

const runtimes = (threads: number): PeerSpec[] => [
  { name: 'ort-web', threads, file: 'onnx.ts', args: ['web', String(threads)] },
  { name: 'ort-node', threads, file: 'onnx.ts', args: ['node', String(threads)] },
];

const single: readonly PeerSpec[] = [
  { name: 'jax-js', threads: 1, file: 'jax.ts', args: [] },
  { name: 'tfjs-wasm', threads: 1, file: 'tfjs.ts', args: ['wasm'] },
  { name: 'tfjs-cpu', threads: 1, file: 'tfjs.ts', args: ['cpu'] },
];

/** Every peer with one thread and with `all` threads. Native ones if the Python has them. */
export function catalogue(all: number, { native }: { readonly native: boolean }): PeerSpec[] {
  const counts = [...new Set([1, all])];
  const libraries = native ? nativeLibraries() : [];
  return counts.flatMap((threads) => [
    { name: 'treadle', threads, file: 'treadle.ts', args: [String(threads)] },
    ...(threads === 1 ? single : []),
    ...runtimes(threads),
    ...libraries.map((library) => nativePeer(library, threads)),
  ]);
}

function nativeLibraries(): string[] {
  const found = ['torch', 'numpy'].filter(pythonImports);
  if (found.length < 2) {
    console.log(
      `${python} has ${found.join(', ') || 'neither torch nor numpy'}. To install both: python3 -m venv <folder>, <folder>/bin/pip install ` +
        'torch numpy, and TREADLE_PYTHON=<folder>/bin/python in the environment.',
    );
  }
  return found.includes('numpy') ? found : [];
}

function nativePeer(library: string, threads: number): PeerSpec {
  const count = String(threads);
  const env = { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count };
  return { name: library, threads, file: 'native.py', args: [library, count], command: python, env };
}
