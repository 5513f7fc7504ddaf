// How near elementwise kernels, reductions and transposition come to the speed at which one thread moves memory. The yardstick
// is Float32Array.prototype.set, which the machine's own memmove does; run it with the flags that the engine would set.

import { argReduce, type Kernel, lanes, type Operand, reduce } from '@treadle/kernels';
import { f32x4, reinterpret } from '@treadle/wasm';
import { type Elements, prepareKernels } from '../test/support/run-kernels.ts';

const rounds = 15;

/** Milliseconds, the median of some rounds. */
function time(run: () => void): number {
  run();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[rounds >> 1]!;
}

function view(slot: number, shape: readonly number[], strides: readonly number[]): Operand {
  return { slot, view: { shape, strides, offset: 0 } };
}

/** `elements` are all that is read and written: what memory has to move. */
function report(name: string, elements: number, milliseconds: number): void {
  const bandwidth = (4 * elements) / milliseconds / 1e6;
  console.log(`${name.padEnd(34)} ${milliseconds.toFixed(3).padStart(8)} ms ${bandwidth.toFixed(1).padStart(6)} GB/s`);
}

function bench(
  name: string,
  elements: number,
  kernels: readonly Kernel[],
  buffers: Map<number, Elements | number>,
): void {
  const prepared = prepareKernels(kernels, buffers);
  report(name, elements, time(prepared.run));
  prepared.check();
}

const many = 10_000_000;
const side = 2048;
const matrix = side * side;
const [square, rowMajor, columnMajor] = [
  [side, side],
  [side, 1],
  [1, side],
] as const;

const [source, target] = [new Float32Array(1.5 * many).fill(1), new Float32Array(1.5 * many)];
report(
  'set',
  3 * many,
  time(() => target.set(source)),
);

const load = (operand: Operand) => ({ operand, type: 'f32x4' as const });
const [a, b, c] = [view(0, [many], [1]), view(1, [many], [1]), view(2, [many], [1])];
const add = lanes({
  name: 'add',
  shape: [many],
  loads: [load(a), load(b)],
  stores: [c],
  body: (_f, [x, y]) => [f32x4.add(reinterpret('f32x4', x!), reinterpret('f32x4', y!))],
  cost: 0.3,
});
bench('add, 1e7', 3 * many, [add], new Map([0, 1, 2].map((slot) => [slot, many])));

for (const [name, strides] of Object.entries({ copy: rowMajor, transpose: columnMajor })) {
  const kernel = lanes({
    name,
    shape: square,
    loads: [load(view(0, square, strides))],
    stores: [view(1, square, rowMajor)],
    body: (_f, values) => values,
    cost: 0.3,
  });
  bench(`${name}, 2048²`, 2 * matrix, [kernel], new Map([0, 1].map((slot) => [slot, matrix])));
}

for (const [axis, strides] of Object.entries({ last: rowMajor, first: columnMajor })) {
  const slots = new Map<number, Elements | number>([
    [0, new Float32Array(matrix).fill(1)],
    [1, side],
  ]);
  const program = {
    name: 'reduce',
    shape: square,
    loads: [load(view(0, square, strides))],
    body: <V>(_f: unknown, values: readonly V[]): readonly V[] => values,
    store: view(1, [side], [1]),
    cost: 0.2,
    allocate: (length: number) => slots.set(slots.size, length).size - 1,
  };
  const sum = reduce({
    ...program,
    combine: {
      type: 'f32x4',
      identity: -0,
      apply: (_f, x, y) => f32x4.add(reinterpret('f32x4', x), reinterpret('f32x4', y)),
    },
  });
  bench(`sum, 2048², ${axis} axis`, matrix, sum, slots);
  bench(`argmax, 2048², ${axis} axis`, matrix, argReduce({ ...program, type: 'f32x4', direction: 'max' }), slots);
}
