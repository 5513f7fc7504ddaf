// From one element for each window and channel back to the image: every output has a share for each element of its window. The
// shares of an element are added in the order of the windows; an element without a share is 0. A tile is some rows of outputs
// and the rows of the image up to the next window, where windows do not overlap across rows; otherwise it is whole images.

import {
  type Address,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  f32x4,
  i32,
  type ModuleBuilder,
  memory,
  select,
  v128,
} from '@treadle/wasm';
import { plus, times } from '../core/arithmetic.ts';
import { type Epilogue, type Kernel, type KernelFunc, kernelFunc, type Slot } from '../core/kernel.ts';
import { type Count, eachColumn } from '../core/loops/columns.ts';
import { baseAddress, wholeOf } from '../core/operand.ts';
import { locate, type Partition, partition, tileElements } from '../core/tile-partition.ts';
import { writeFour } from '../elementwise/vector-io.ts';
import type { Lanes } from './gather-windows.ts';
import { poolKernel } from './pool-kernel.ts';
import { eachElement, eachWindow, isUnrolled, type Window, type WindowShape } from './window-loop.ts';

/** What every element of a window receives of the dy of its output. */
export interface SpreadWindows extends WindowShape {
  readonly name: string;
  /** dense [images, rows, columns, channels] each */
  readonly inputs: readonly Slot[];
  /** dense, of the outputs */
  readonly dy: Slot;
  /** what is computed of a window before its shares, where they need it */
  readonly before: { begin(): Lanes; accumulate(known: Lanes, values: readonly Lanes[]): Lanes } | undefined;
  /** the state before the first share */
  begin(): Lanes;
  /** the next element's share of dy */
  share(
    f: FunctionBuilder,
    known: Lanes,
    state: Lanes,
    values: readonly Lanes[],
    dy: Lanes,
    count: Lanes,
  ): { readonly share: Lanes; readonly state: Lanes };
  readonly out: Slot;
  readonly epilogue?: Epilogue | undefined;
}

/** The kernel, or none where there is no output. */
export function spreadWindows(spec: SpreadWindows): Kernel[] {
  const { name, images, rows, columns, channels, inputs, dy, out, epilogue } = spec;
  const perRow = columns.output * channels;
  const image = [images, rows.input, columns.input, channels];
  if (images * rows.output * perRow === 0) return [];
  const cost = 0.2 * rows.taps * columns.taps + 0.2;
  // whole images, or rows of outputs
  const units = rows.stride < rows.taps ? images : images * rows.output;
  const elements = rows.stride < rows.taps ? rows.output * perRow : perRow;
  const parts = partition(units, 1, Math.ceil(tileElements(cost) / (4 * elements)));
  return [
    poolKernel({
      name,
      windows: spec,
      tiles: parts.tiles,
      cost,
      inputs: [...inputs.map((slot) => wholeOf(slot, image)), wholeOf(dy, [images, rows.output, perRow])],
      out: wholeOf(out, image),
      epilogue,
      emit: (module) => emitTile(module, spec, parts),
    }),
  ];
}

function emitTile(module: ModuleBuilder, spec: SpreadWindows, parts: Partition): KernelFunc {
  const { name, rows, columns, channels, inputs, dy, out } = spec;
  const finish = spec.epilogue?.emit(module, true);
  const isDisjoint = rows.stride >= rows.taps;
  const perUnit = isDisjoint ? 1 : rows.output;
  const rowBytes = 4 * columns.input * channels;
  return kernelFunc(module, name, (f, table, _scratch, tile) => {
    const range = locate(f, parts, tile);
    const [row0, row1] = [f.let(times(range.row0, perUnit)), f.let(times(range.row1, perUnit))];
    const bases = inputs.map((slot) => f.let(baseAddress(table, slot)));
    const to = f.let(baseAddress(table, out));
    const shares = f.let(address.add(baseAddress(table, dy), address.times(row0, 4 * columns.output * channels)));
    const [first, end] = [f.let(ownedFrom(f, spec, row0)), f.let(ownedFrom(f, spec, row1))];
    if (!coversAll(spec)) {
      f.do(
        memory.fill(address.add(to, address.times(first, rowBytes)), 0, address.times(i32.sub(end, first), rowBytes)),
      );
    }
    // the epilogue follows row by row: what it reads is still in the L1
    const finishRows = (from: Expr<'i32'>, to: Expr<'i32'>): void => {
      const [from0, beyond] = [times(from, columns.input), times(to, columns.input)];
      finish?.(f, table, {
        outer: i32.const(0),
        row0: from0,
        row1: beyond,
        col0: i32.const(0),
        col1: i32.const(channels),
      });
    };
    const row = f.let(row0);
    f.forSteps(row, row1, 1, () => {
      const image = f.let(i32.div_u(row, rows.output));
      const imageBytes = f.let(address.times(image, rows.input * rowBytes));
      const images = [to, ...bases].map((base) => f.let(address.add(base, imageBytes)));
      eachWindow(f, spec, f.let(i32.sub(row, times(image, rows.output))), (window) => {
        eachChannel(f, spec, window, images, shares);
        f.increment(shares, 4 * channels);
      });
      if (finish && isDisjoint) {
        finishRows(f.let(ownedFrom(f, spec, row)), f.let(ownedFrom(f, spec, f.let(plus(row, 1)))));
      }
    });
    if (!isDisjoint) finishRows(first, end);
  });
}

/** The first row of the image, counted through all images, that belongs to this row of outputs and to no earlier one. */
function ownedFrom(f: FunctionBuilder, { rows }: SpreadWindows, output: Expr<'i32'>): Expr<'i32'> {
  const image = f.let(i32.div_u(output, rows.output));
  const inImage = f.let(i32.sub(output, times(image, rows.output)));
  const start = plus(times(inImage, rows.stride), -rows.before);
  return i32.add(times(image, rows.input), select(start, i32.const(0), i32.gt_s(inImage, 0)));
}

/** Whether every element is in exactly one window, so that each is written once. */
function coversAll({ rows, columns }: WindowShape): boolean {
  return [rows, columns].every(
    ({ input, output, taps, stride, before }) => taps === stride && before === 0 && input === output * taps,
  );
}

/** The shares of one output of every channel, which lies at `from`; `images`: the one that is written, then those that are read. */
function eachChannel(
  f: FunctionBuilder,
  spec: SpreadWindows,
  window: Window,
  images: readonly Address[],
  from: Address,
): void {
  const overlaps = spec.rows.stride < spec.rows.taps || spec.columns.stride < spec.columns.taps;
  const distribute = (x: Distance, vectors: number, count: Count): void => {
    const starts = images.map((image) => f.let(address.add(address.add(image, window.offset), x)));
    const each = Array.from({ length: vectors }, (_, v) => v);
    const at = f.let(address.add(from, x));
    const dy = each.map((v) => f.let(v128.load('f32x4', at, 16 * v)));
    const valuesAt = (elements: readonly Address[], byteOffset: number, v: number): Lanes[] =>
      elements.map((element) => f.let(v128.load('f32x4', element, byteOffset + 16 * v)));
    const known = each.map(() => f.let(spec.before?.begin() ?? f32x4.const(0)));
    if (spec.before) {
      eachElement(f, spec, window, starts.slice(1), isUnrolled(spec), (elements, byteOffset) => {
        for (const v of each) f.set(known[v]!, spec.before!.accumulate(known[v]!, valuesAt(elements, byteOffset, v)));
      });
    }
    const states = each.map(() => f.let(spec.begin()));
    eachElement(f, spec, window, starts, isUnrolled(spec), ([target, ...elements], byteOffset) => {
      const values = each.map((v) => valuesAt(elements, byteOffset, v));
      const shares = each.map((v) => spec.share(f, known[v]!, states[v]!, values[v]!, dy[v]!, window.count));
      const to = f.let(plus(target!, byteOffset));
      const written = shares.map(({ share }, v) => {
        return f.let(overlaps ? f32x4.add(v128.load('f32x4', to, 16 * v), share) : share);
      });
      shares.forEach(({ state }, v) => {
        f.set(states[v]!, state);
      });
      if (vectors === 1) writeFour(f, to, 1, address.const(0), written[0]!, count);
      else
        written.forEach((lanes, v) => {
          f.do(v128.store(to, lanes, 16 * v));
        });
    });
  };
  const columns = { col0: i32.const(0), col1: i32.const(spec.channels), columns: spec.channels, isAligned: true };
  eachColumn(f, columns, {
    eight: (x) => distribute(x, 2, 4),
    four: (x, count) => {
      // the rest of the row, counted from x on
      distribute(x, 1, typeof count === 'number' ? count : { end: f.let(address.sub(count.end, x)) });
    },
  });
}
