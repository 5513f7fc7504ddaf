// The code of a tile of the gradient of a convolution's weights: bands of rows of outputs, panels of filters, runs of weights
// (weight-runs.ts), blocks of rows in registers.

import { type Address, address, type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { larger, plus, smaller, times } from '../core/arithmetic.ts';
import { type KernelFunc, kernelFunc, type Level, type Slot } from '../core/kernel.ts';
import { baseAddress } from '../core/operand.ts';
import { evenPart, type Span } from '../core/partition-evenly.ts';
import { packPanel } from '../matmul/pack.ts';
import { blockRuns, eachBlockOf } from './block-runs.ts';
import type { Windows } from './correlation.ts';
import { type BandSpec, bandOrigin, bandRowBytes } from './image-band.ts';
import { joined, type Loop } from './loop-nest.ts';
import { eachGroup, eachPanel, type Panels } from './panels.ts';
import { registerTile } from './register-tile.ts';
import { outputsOf } from './valid-taps.ts';
import type { Runs } from './weight-runs.ts';

/** The gradient of the weights of a convolution: what is read, and where it goes. */
export interface WeightGradient extends Windows {
  readonly name: string;
  /** dense [images, rows, columns, pixel] */
  readonly x: Slot;
  /** dense [images, rows, columns, groups · filters] */
  readonly dy: Slot;
  /** of a group */
  readonly filters: number;
  /** receives [chunks, taps, taps, channels, groups · filters]; for the number of chunks see `chunksOf` */
  readonly out: Slot;
  readonly level: Level;
}

/** How the work is cut into tiles, and what a tile needs. */
export interface GradientCut {
  readonly bandSpec: BandSpec;
  /** rows of outputs that are computed together */
  readonly bandRows: number;
  readonly chunks: number;
  readonly runs: Runs;
  /** the number of parts that the runs are cut into; a tile is a chunk × a part */
  readonly runParts: number;
  readonly mr: number;
  readonly panels: Panels;
  /** whether panels of dy are packed: rows of a panel of many filters would share few sets of the L1 */
  readonly isPacked: boolean;
  /** byte offsets in the scratch, which begins with the copied band */
  readonly packed: number;
  readonly spill: number;
}

/** One chunk of the sum over outputs, for one part of the runs of weights. */
export function emitTile(module: ModuleBuilder, gradient: WeightGradient, cut: GradientCut): KernelFunc {
  const { name, images, rows, columns, groups, channels, pixel, filters, x, dy, out } = gradient;
  const { bandSpec, bandRows, chunks, runs, runParts } = cut;
  const size = 4 * rows.taps * columns.taps * channels * groups * filters;
  const imageBytes = 4 * rows.input * columns.input * pixel;
  return kernelFunc(module, name, (f, table, scratch, tile) => {
    const chunk = runParts === 1 ? tile : f.let(i32.div_u(tile, runParts));
    const part = evenPart(f, runs.count, runParts, f.let(i32.sub(tile, times(chunk, runParts))));
    const [xAt, dyAt] = [f.let(baseAddress(table, x)), f.let(baseAddress(table, dy))];
    const c = f.let(address.add(baseAddress(table, out), address.times(chunk, size)));
    const span = evenPart(f, images * rows.output, chunks, chunk);
    const row = f.let(span.start);
    f.loop((again) => {
      const image = f.let(i32.div_u(row, rows.output));
      const oy = f.let(i32.sub(row, times(image, rows.output)));
      const left = f.let(smaller(i32.sub(rows.output, oy), i32.sub(span.end, row)));
      const count = f.let(smaller(left, i32.const(bandRows)));
      const imageAt = f.let(address.add(xAt, address.times(image, imageBytes)));
      const fromBand = (): Address => {
        const first = f.let(plus(times(oy, rows.stride), -rows.before));
        const reach = (rows.taps - 1) * rows.dilation + 1 - rows.stride;
        const end = f.let(plus(i32.add(first, times(count, rows.stride)), reach));
        const origin = bandOrigin(f, module, bandSpec, imageAt, scratch, first, end);
        return f.let(address.add(origin, address.times(first, bandRowBytes(bandSpec))));
      };
      const a = runs.kind === 'taps' ? imageAt : fromBand();
      const b = f.let(address.add(dyAt, address.times(row, 4 * columns.output * groups * filters)));
      const continues = f.let(i32.gt_s(row, span.start));
      overPanels({ f, module, gradient, cut, scratch }, { a, b, c, oy, count, continues, part });
      f.increment(row, count);
      f.brIf(again, i32.lt_s(row, span.end));
    });
  });
}

interface Emission {
  readonly f: FunctionBuilder;
  readonly module: ModuleBuilder;
  readonly gradient: WeightGradient;
  readonly cut: GradientCut;
  readonly scratch: Address;
}

/** Some rows of outputs of one image, and the runs of weights that they are added to. */
interface Band {
  /** for runs of kind 'taps', the image; for others, the first row that windows of the band read */
  readonly a: Address;
  readonly b: Address;
  readonly c: Address;
  /** the first row of outputs */
  readonly oy: Expr<'i32'>;
  readonly count: Expr<'i32'>;
  readonly continues: Expr<'i32'>;
  readonly part: Span;
}

function overPanels(emission: Emission, band: Band): void {
  const { f, module, gradient, cut, scratch } = emission;
  const { columns, groups, channels, filters, perLane } = gradient;
  eachGroup(f, groups, (group) => {
    const a = f.let(address.add(band.a, address.times(group, 4 * channels)));
    const first = f.let(address.add(band.b, address.times(group, 4 * filters)));
    const filter = f.let(times(group, filters));
    eachPanel(f, cut.panels, first, (panel, column, width) => {
      const c = f.let(address.add(band.c, address.shifted(i32.add(filter, column), 2)));
      if (!cut.isPacked) {
        const from = perLane ? f.let(address.add(a, address.shifted(column, 2))) : a;
        overRuns(emission, { ...band, a: from, b: panel, c }, width);
        return;
      }
      const spec = { lanes: width, across: 4, stride: 4 * groups * filters, toStride: cut.panels.strideOf(width) };
      const to = f.let(plus(scratch, cut.packed));
      f.do(f.call(packPanel(module, spec), panel, to, times(band.count, columns.output)));
      overRuns(emission, { ...band, a, b: to, c }, width);
    });
  });
}

function overRuns(emission: Emission, band: Band, width: number): void {
  const { runs } = emission.cut;
  if (runs.kind === 'taps') overTaps(emission, band, width);
  else if (runs.kind === 'all') overAll(emission, band, width);
  else overSeveral(emission, band, width, runs);
}

/** One row of taps after the other. Each tap meets the rows and the columns of outputs for which it is valid. */
function overTaps({ f, module, gradient, cut, scratch }: Emission, band: Band, width: number): void {
  const { rows, columns, groups, channels, filters, level } = gradient;
  const [pixel, cRow, bStride] = [4 * gradient.pixel, 4 * groups * filters, cut.panels.strideOf(width)];
  const [rowBytes, bRow] = [columns.input * pixel, columns.output * bStride];
  const spill = f.let(plus(scratch, cut.spill));
  const ky = f.let(band.part.start);
  f.forSteps(ky, band.part.end, 1, () => {
    const above = f.let(i32.sub(rows.before, times(ky, rows.dilation))); // rows of the tap above the image, for output 0
    const outputsTo = (row: Expr<'i32'>): Expr<'i32'> =>
      f.let(i32.div_s(plus(larger(row, i32.const(0)), rows.stride - 1), rows.stride));
    const first = f.let(larger(band.oy, outputsTo(above)));
    const end = smaller(i32.add(band.oy, band.count), outputsTo(f.let(plus(above, rows.input))));
    const count = f.let(i32.sub(f.let(end), first));
    const y = i32.sub(times(first, rows.stride), above);
    const row = f.let(address.add(band.a, address.times(y, rowBytes)));
    const b = f.let(address.add(band.b, address.times(i32.sub(first, band.oy), bRow)));
    for (let kx = 0; kx < columns.taps; kx++) {
      const { output, outputs } = outputsOf(columns, kx);
      const loops = [
        { count: undefined, aStride: rows.stride * rowBytes, bStride: bRow },
        ...joined([{ count: outputs, aStride: columns.stride * pixel, bStride }]),
      ];
      const x = output * columns.stride + kx * columns.dilation - columns.before;
      const a = f.let(plus(row, x * pixel));
      const from = f.let(plus(b, output * bStride));
      const tap = plus(times(ky, columns.taps), kx);
      const c = f.let(address.add(band.c, address.times(tap, channels * cRow)));
      eachBlockOf(f, blockRuns(channels, cut.mr), (height) => {
        const aOffsets = Array.from({ length: height }, (_, i) => 4 * i);
        const block = registerTile(module, { aOffsets, perLane: false, columns: width, loops, cRow, level });
        f.do(f.call(block, a, from, c, count, band.continues, spill));
        f.increment(a, 4 * height);
        f.increment(c, height * cRow);
      });
    }
  });
}

/** The loops over the outputs of a band, and a call of the innermost code for a block of weights; distances are in bytes. */
function bandLoops({ f, module, gradient, cut, scratch }: Emission, band: Band, width: number) {
  const { rows, columns, groups, perLane, filters, level } = gradient;
  const [pixel, rowBytes, bStride] = [4 * gradient.pixel, bandRowBytes(cut.bandSpec), cut.panels.strideOf(width)];
  const cRow = 4 * groups * filters;
  const loops: Loop[] = [
    { count: undefined, aStride: rows.stride * rowBytes, bStride: columns.output * bStride },
    ...joined([{ count: columns.output, aStride: columns.stride * pixel, bStride }]),
  ];
  const spill = f.let(plus(scratch, cut.spill));
  const call = (aOffsets: readonly number[], a: Address, c: Address): void => {
    const block = registerTile(module, { aOffsets, perLane, columns: width, loops, cRow, level });
    f.do(f.call(block, a, band.b, c, band.count, band.continues, spill));
  };
  return { pixel, rowBytes, cRow, call };
}

/** All weights, at offsets that are known when the code is written. */
function overAll(emission: Emission, band: Band, width: number): void {
  const { rows, columns, channels } = emission.gradient;
  const { pixel, rowBytes, cRow, call } = bandLoops(emission, band, width);
  const offsetOf = (row: number): number => {
    const [tap, channel] = [Math.floor(row / channels), row % channels];
    const [ky, kx] = [Math.floor(tap / columns.taps), tap % columns.taps];
    return ky * rows.dilation * rowBytes + kx * columns.dilation * pixel + 4 * channel;
  };
  let row = 0;
  for (const { height, count } of blockRuns(rows.taps * columns.taps * channels, emission.cut.mr)) {
    for (let i = 0; i < count; i++, row += height) {
      const first = offsetOf(row);
      const aOffsets = Array.from({ length: height }, (_, j) => offsetOf(row + j) - first);
      call(aOffsets, plus(band.a, first), plus(band.c, row * cRow));
    }
  }
}

/** A loop over runs of weights whose elements of x are neighbours. */
function overSeveral(emission: Emission, band: Band, width: number, runs: Extract<Runs, { kind: 'run' }>): void {
  const { f, gradient, cut } = emission;
  const { rows, columns } = gradient;
  const { pixel, rowBytes, cRow, call } = bandLoops(emission, band, width);
  const run = f.let(band.part.start);
  f.forSteps(run, band.part.end, 1, () => {
    const ky = runs.perTapRow === 1 ? run : f.let(i32.div_u(run, runs.perTapRow));
    const kx = i32.sub(run, times(ky, runs.perTapRow));
    const [down, right] = [rows.dilation * rowBytes, columns.dilation * pixel];
    const a = f.let(address.add(band.a, address.add(address.times(ky, down), address.times(kx, right))));
    const c = f.let(address.add(band.c, address.times(run, runs.length * cRow)));
    eachBlockOf(f, blockRuns(runs.length, cut.mr), (height) => {
      const aOffsets = Array.from({ length: height }, (_, i) => 4 * i);
      call(aOffsets, a, c);
      f.increment(a, 4 * height);
      f.increment(c, height * cRow);
    });
  });
}
