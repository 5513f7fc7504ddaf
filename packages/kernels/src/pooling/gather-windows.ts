// From an image to one element for each window and channel: a state that starts anew with every window and combines the elements
// of the window in order. A tile is some rows of outputs.

import {
  type Address,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  i32,
  type ModuleBuilder,
  v128,
} from '@treadle/wasm';
import { plus, times } from '../core/arithmetic.ts';
import { type Epilogue, type Kernel, type KernelFunc, kernelFunc, type Slot } from '../core/kernel.ts';
import { eachColumn } from '../core/loops/columns.ts';
import { baseAddress, wholeOf } from '../core/operand.ts';
import { locate, type Partition, partition, tileElements } from '../core/tile-partition.ts';
import { writeFour } from '../elementwise/vector-io.ts';
import { poolKernel } from './pool-kernel.ts';
import { eachElement, eachWindow, isUnrolled, type Window, type WindowShape } from './window-loop.ts';

/** Four neighbouring channels. */
export type Lanes = Expr<'f32x4'>;

/** What is computed of every window. */
export interface GatherWindows extends WindowShape {
  readonly name: string;
  /** dense [images, rows, columns, channels] each */
  readonly inputs: readonly Slot[];
  /** the vectors of the state before the first element */
  begin(): readonly Lanes[];
  /** the state after another element of each input */
  accumulate(f: FunctionBuilder, state: readonly Lanes[], values: readonly Lanes[]): readonly Lanes[];
  /** the output, given the number of elements */
  end(count: Lanes, state: readonly Lanes[]): Lanes;
  readonly out: Slot;
  readonly epilogue?: Epilogue | undefined;
}

/** The kernel, or none where there is no output. */
export function gatherWindows(spec: GatherWindows): Kernel[] {
  const { name, images, rows, columns, channels, inputs, out, epilogue } = spec;
  const perRow = columns.output * channels;
  if (images * rows.output * perRow === 0) return [];
  const cost = 0.1 * rows.taps * columns.taps * inputs.length + 0.2;
  const parts = partition(images * rows.output, 1, Math.ceil(tileElements(cost) / (4 * perRow)));
  return [
    poolKernel({
      name,
      windows: spec,
      tiles: parts.tiles,
      cost,
      inputs: inputs.map((slot) => wholeOf(slot, [images, rows.input, columns.input, channels])),
      out: wholeOf(out, [images, rows.output, columns.output, channels]),
      epilogue,
      emit: (module) => emitTile(module, spec, parts),
    }),
  ];
}

function emitTile(module: ModuleBuilder, spec: GatherWindows, parts: Partition): KernelFunc {
  const { name, rows, columns, channels, inputs, out } = spec;
  const finish = spec.epilogue?.emit(module, true);
  return kernelFunc(module, name, (f, table, _scratch, tile) => {
    const { row0, row1 } = locate(f, parts, tile);
    const bases = inputs.map((slot) => f.let(baseAddress(table, slot)));
    const to = f.let(address.add(baseAddress(table, out), address.times(row0, 4 * columns.output * channels)));
    const row = f.let(row0);
    f.forSteps(row, row1, 1, () => {
      const image = f.let(i32.div_u(row, rows.output));
      const imageBytes = address.times(image, 4 * rows.input * columns.input * channels);
      const images = bases.map((base) => f.let(address.add(base, imageBytes)));
      eachWindow(f, spec, f.let(i32.sub(row, times(image, rows.output))), (window) => {
        eachChannel(f, spec, window, images, to);
        f.increment(to, 4 * channels);
      });
    });
    const [from, end] = [times(row0, columns.output), times(row1, columns.output)];
    const col1 = i32.const(channels);
    finish?.(f, table, { outer: i32.const(0), row0: from, row1: end, col0: i32.const(0), col1 });
  });
}

/** One output of every channel, stored at `to`. */
function eachChannel(
  f: FunctionBuilder,
  spec: GatherWindows,
  window: Window,
  images: readonly Address[],
  to: Address,
): void {
  const combine = (x: Distance, vectors: number): Lanes[] => {
    const starts = images.map((image) => f.let(address.add(address.add(image, window.offset), x)));
    const each = Array.from({ length: vectors }, (_, v) => v);
    const states = each.map(() => spec.begin().map((word) => f.let(word)));
    eachElement(f, spec, window, starts, isUnrolled(spec), (at, byteOffset) => {
      const values = each.map((v) => at.map((element) => f.let(v128.load('f32x4', element, byteOffset + 16 * v))));
      const next = each.map((v) => spec.accumulate(f, states[v] ?? [], values[v] ?? []));
      next.forEach((words, v) => {
        words.forEach((word, i) => {
          f.set(states[v]![i]!, word);
        });
      });
    });
    return states.map((state) => f.let(spec.end(window.count, state)));
  };
  const columns = { col0: i32.const(0), col1: i32.const(spec.channels), columns: spec.channels, isAligned: true };
  eachColumn(f, columns, {
    eight: (x) => {
      const at = f.let(address.add(to, x));
      combine(x, 2).forEach((lanes, v) => {
        f.do(v128.store(at, lanes, 16 * v));
      });
    },
    four: (x, count) => writeFour(f, plus(to, 0), 1, x, combine(x, 1)[0]!, count),
  });
}
