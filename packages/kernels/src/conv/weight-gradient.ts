// The gradient of a convolution's weights: dw[t, c, f] = Σ over images and outputs of x[o·stride + t·dilation − before, c] ·
// dy[o, f]. An implicit product whose rows are taps and channels, whose columns are filters, and whose k runs over outputs.
// That sum is cut into chunks of whole rows of outputs, by its own extents alone; a chunk is one chain of multiply-adds, and
// the chunks are added up in one order. Weights are few where images are many: the chunks are also what threads share.

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { finished, wholeOf } from '../core/epilogue/combined-work.ts';
import type { Kernel, KernelFunc, Level, Slot } from '../core/kernel.ts';
import { larger, plus, smaller, times } from '../elementwise/vector-io.ts';
import { computedColumns } from '../matmul/micro-kernel.ts';
import { packPanel } from '../matmul/pack.ts';
import { evenPart, type Span } from '../matmul/partition-evenly.ts';
import { blockOf, type Windows } from './correlate.ts';
import { type BandSpec, bandBytes, bandOrigin, bandRowBytes } from './image-band.ts';
import { eachGroup, eachPanel, type Panels } from './panels.ts';
import { blockRuns, eachBlockOf, joined, registerTile } from './register-tile.ts';
import { outputsOf } from './valid-taps.ts';
import { type Runs, runsOf } from './weight-runs.ts';

export interface WeightGradient extends Windows {
  readonly name: string;
  /** dense [images, rows, columns, pixel] */
  readonly x: Slot;
  /** dense [images, rows, columns, groups · filters] */
  readonly dy: Slot;
  /** of a group */
  readonly filters: number;
  /** receives [chunks, taps, taps, channels, groups · filters], where `chunksOf` says how many */
  readonly out: Slot;
  readonly level: Level;
}

/** outputs of a chunk, at least, where there are as many */
const chunkOutputs = 512;
const mostChunks = 16;

/** Into how many parts the sum over outputs is cut. */
export function chunksOf({ images, rows, columns }: Windows): number {
  const outputs = images * rows.output * columns.output;
  return Math.max(1, Math.min(mostChunks, images * rows.output, Math.floor(outputs / chunkOutputs)));
}

/** outputs that one call of the innermost loops runs over, about: their part of x and of dy stays in the L1 */
const bandOutputs = 256;
const mostBandBytes = 262_144;
const tileFlops = 500_000;
const mostTiles = 64;

interface Cut {
  readonly bandSpec: BandSpec;
  /** rows of outputs that are done at once */
  readonly bandRows: number;
  readonly chunks: number;
  /** the runs of weights, and in how many parts they are dealt to tiles */
  readonly runs: Runs;
  readonly runParts: number;
  readonly mr: number;
  readonly panels: Panels;
  /** byte offsets in the scratch: the copied band is first */
  readonly packed: number;
  readonly spill: number;
}

export function weightGradient(gradient: WeightGradient): Kernel {
  const { name, images, rows, columns, groups, channels, filters, x, dy, out, level } = gradient;
  const k = rows.taps * columns.taps * channels;
  const flops = 2 * images * rows.output * columns.output * k * groups * filters;
  const cut = cutOf(gradient, flops);
  return {
    name,
    tiles: cut.chunks * cut.runParts,
    cost: flops / (level.bits === 256 ? 80 : 35),
    scratch: cut.spill + 4 * cut.mr * computedColumns(cut.panels.nr, level),
    ...finished({
      kind: 'conv',
      ops: ['conv2dWeights'],
      shape: [rows.taps, columns.taps, channels, images * rows.output * columns.output, groups * filters],
      flops,
      inputs: [
        wholeOf(x, [images, rows.input, columns.input, gradient.pixel]),
        wholeOf(dy, [images, rows.output, columns.output, groups * filters]),
      ],
      out: wholeOf(out, [cut.chunks, k, groups * filters]),
      epilogue: undefined,
    }),
    emit: (module) => emitTile(module, gradient, cut),
  };
}

function cutOf(gradient: WeightGradient, flops: number): Cut {
  const { rows, columns, groups, channels, filters, dy, level } = gradient;
  const bandSpec = { rows, columns, channels: gradient.pixel, hasOuterRows: true, isAlwaysCopied: gradient.perLane };
  let bandRows = Math.min(rows.output, Math.max(1, Math.floor(bandOutputs / columns.output)));
  const { mr, nr } =
    gradient.perLane && level.bits === 256
      ? { mr: 4, nr: 16 }
      : blockOf(rows.taps * columns.taps * channels, filters, level, gradient.perLane);
  const runs = runsOf(gradient, bandSpec, mr);
  const bytesOf = (count: number): number => (runs.kind === 'taps' ? 0 : bandBytes(bandSpec, count));
  while (bandRows > 1 && bytesOf(bandRows) > mostBandBytes) bandRows = Math.ceil(bandRows / 2);
  const chunks = chunksOf(gradient);
  const wanted = Math.min(mostTiles, flops / tileFlops);
  const runParts = Math.max(1, Math.min(runs.count, Math.ceil(wanted / chunks)));
  const step = 4 * groups * filters;
  const isPacked = packsOutputs(gradient, nr);
  const band = bytesOf(bandRows);
  const panels: Panels = {
    operand: { slot: dy, view: { shape: [], strides: [], offset: 0 } },
    filters,
    nr,
    groupBytes: 4 * filters,
    panelBytes: 4 * nr,
    stepOf: (width) => (isPacked ? 4 * computedColumns(width, level) : step),
  };
  const packedBytes = isPacked ? 4 * bandRows * columns.output * nr : 0;
  return { bandSpec, bandRows, chunks, runs, runParts, mr, panels, packed: band, spill: band + packedBytes };
}

/** Whether panels of dy are copied side by side: the rows of a panel of many filters share few sets of the L1. */
function packsOutputs({ filters, perLane }: WeightGradient, nr: number): boolean {
  return filters > 2 * nr && !perLane;
}

function emitTile(module: ModuleBuilder, gradient: WeightGradient, cut: Cut): KernelFunc {
  const { name, images, rows, columns, groups, channels, pixel, filters, x, dy, out } = gradient;
  const { bandSpec, bandRows, chunks, runs, runParts } = cut;
  const size = 4 * rows.taps * columns.taps * channels * groups * filters;
  const imageBytes = 4 * rows.input * columns.input * pixel;
  return module.func(
    name,
    ['i32', 'i32', 'i32'],
    'void',
    (f, table, scratch, tile) => {
      const chunk = runParts === 1 ? tile : f.let(i32.div_u(tile, runParts));
      const part = evenPart(f, runs.count, runParts, f.let(i32.sub(tile, times(chunk, runParts))));
      const [xAt, dyAt] = [f.let(i32.load(table, 4 * x)), f.let(i32.load(table, 4 * dy))];
      const c = f.let(i32.add(i32.load(table, 4 * out), times(chunk, size)));
      const span = evenPart(f, images * rows.output, chunks, chunk);
      const row = f.let(span.start);
      f.loop((again) => {
        const image = f.let(i32.div_u(row, rows.output));
        const oy = f.let(i32.sub(row, times(image, rows.output)));
        const left = f.let(smaller(i32.sub(rows.output, oy), i32.sub(span.end, row)));
        const count = f.let(smaller(left, i32.const(bandRows)));
        const imageAt = f.let(i32.add(xAt, times(image, imageBytes)));
        const fromBand = (): Expr<'i32'> => {
          const first = f.let(plus(times(oy, rows.stride), -rows.before));
          const reach = (rows.taps - 1) * rows.dilation + 1 - rows.stride;
          const end = f.let(plus(i32.add(first, times(count, rows.stride)), reach));
          const origin = bandOrigin(f, module, bandSpec, imageAt, scratch, first, end);
          return f.let(i32.add(origin, times(first, bandRowBytes(bandSpec))));
        };
        const a = runs.kind === 'taps' ? imageAt : fromBand();
        const b = f.let(i32.add(dyAt, times(row, 4 * columns.output * groups * filters)));
        const continues = f.let(i32.gt_s(row, span.start));
        overPanels({ f, module, gradient, cut, scratch }, { a, b, c, oy, count, continues, part });
        f.increment(row, count);
        f.brIf(again, i32.lt_s(row, span.end));
      });
    },
    { exported: false },
  );
}

interface Emission {
  readonly f: FunctionBuilder;
  readonly module: ModuleBuilder;
  readonly gradient: WeightGradient;
  readonly cut: Cut;
  readonly scratch: Expr<'i32'>;
}

/** Some rows of outputs of one image, and the runs of weights that they are added to. */
interface Band {
  /** of runs of taps: the image; of others: the first row that windows of the band read */
  readonly a: Expr<'i32'>;
  readonly b: Expr<'i32'>;
  readonly c: Expr<'i32'>;
  /** the first row of outputs */
  readonly oy: Expr<'i32'>;
  readonly count: Expr<'i32'>;
  readonly continues: Expr<'i32'>;
  readonly part: Span;
}

function overPanels(emission: Emission, band: Band): void {
  const { f, module, gradient, cut, scratch } = emission;
  const { columns, groups, channels, filters, perLane } = gradient;
  const overGroup = (group: Expr<'i32'>): void => {
    const a = f.let(i32.add(band.a, times(group, 4 * channels)));
    const first = f.let(i32.add(band.b, times(group, 4 * filters)));
    const filter = f.let(times(group, filters));
    eachPanel(f, cut.panels, first, (panel, column, width) => {
      const c = f.let(i32.add(band.c, i32.shl(i32.add(filter, column), 2)));
      if (!packsOutputs(gradient, cut.panels.nr)) {
        const from = perLane ? f.let(i32.add(a, i32.shl(column, 2))) : a;
        overRuns(emission, { ...band, a: from, b: panel, c }, width);
        return;
      }
      const spec = { lanes: width, across: 4, step: 4 * groups * filters, toStep: cut.panels.stepOf(width) };
      const to = f.let(plus(scratch, cut.packed));
      f.do(f.call(packPanel(module, spec), panel, to, times(band.count, columns.output)));
      overRuns(emission, { ...band, a, b: to, c }, width);
    });
  };
  eachGroup(f, groups, overGroup);
}

/** A row of taps after the other: each meets the rows and the columns of outputs for which it lies inside of the image. */
function overTaps({ f, module, gradient, cut, scratch }: Emission, band: Band, width: number): void {
  const { rows, columns, groups, channels, filters, level } = gradient;
  const [pixel, cRow, bStep] = [4 * gradient.pixel, 4 * groups * filters, cut.panels.stepOf(width)];
  const [rowBytes, bRow] = [columns.input * pixel, columns.output * bStep];
  const spill = f.let(plus(scratch, cut.spill));
  const ky = f.let(band.part.start);
  f.forSteps(ky, band.part.end, 1, () => {
    const above = f.let(i32.sub(rows.before, times(ky, rows.dilation))); // rows of the image that the first output lacks
    const outputsTo = (row: Expr<'i32'>): Expr<'i32'> =>
      f.let(i32.div_s(plus(larger(row, i32.const(0)), rows.stride - 1), rows.stride));
    const first = f.let(larger(band.oy, outputsTo(above)));
    const end = smaller(i32.add(band.oy, band.count), outputsTo(f.let(plus(above, rows.input))));
    const count = f.let(i32.sub(f.let(end), first));
    const row = f.let(i32.add(band.a, times(i32.sub(times(first, rows.stride), above), rowBytes)));
    const b = f.let(i32.add(band.b, times(i32.sub(first, band.oy), bRow)));
    for (let kx = 0; kx < columns.taps; kx++) {
      const { output, outputs } = outputsOf(columns, kx);
      const loops = [
        { count: undefined, aStep: rows.stride * rowBytes, bStep: bRow },
        ...joined([{ count: outputs, aStep: columns.stride * pixel, bStep }]),
      ];
      const x = output * columns.stride + kx * columns.dilation - columns.before;
      const a = f.let(plus(row, x * pixel));
      const from = f.let(plus(b, output * bStep));
      const c = f.let(i32.add(band.c, times(plus(times(ky, columns.taps), kx), channels * cRow)));
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

function overRuns(emission: Emission, band: Band, width: number): void {
  const { f, module, gradient, cut, scratch } = emission;
  if (cut.runs.kind === 'taps') {
    overTaps(emission, band, width);
    return;
  }
  const { rows, columns, groups, channels, perLane, filters, level } = gradient;
  const { runs, mr, bandSpec } = cut;
  const [pixel, rowBytes] = [4 * gradient.pixel, bandRowBytes(bandSpec)];
  const cRow = 4 * groups * filters;
  const bStep = cut.panels.stepOf(width);
  const loops = [
    { count: undefined, aStep: rows.stride * rowBytes, bStep: columns.output * bStep },
    ...joined([{ count: columns.output, aStep: columns.stride * pixel, bStep }]),
  ];
  const spill = f.let(plus(scratch, cut.spill));
  const call = (aOffsets: readonly number[], a: Expr<'i32'>, c: Expr<'i32'>): void => {
    const block = registerTile(module, { aOffsets, perLane, columns: width, loops, cRow, level });
    f.do(f.call(block, a, band.b, c, band.count, band.continues, spill));
  };
  if (runs.kind === 'all') {
    const place = (row: number): number => {
      const [tap, channel] = [Math.floor(row / channels), row % channels];
      const [ky, kx] = [Math.floor(tap / columns.taps), tap % columns.taps];
      return ky * rows.dilation * rowBytes + kx * columns.dilation * pixel + 4 * channel;
    };
    let row = 0;
    for (const { height, count } of blockRuns(rows.taps * columns.taps * channels, mr)) {
      for (let i = 0; i < count; i++, row += height) {
        const first = place(row);
        const aOffsets = Array.from({ length: height }, (_, j) => place(row + j) - first);
        call(aOffsets, plus(band.a, first), plus(band.c, row * cRow));
      }
    }
    return;
  }
  const run = f.let(band.part.start);
  f.forSteps(run, band.part.end, 1, () => {
    const ky = runs.perTapRow === 1 ? run : f.let(i32.div_u(run, runs.perTapRow));
    const kx = i32.sub(run, times(ky, runs.perTapRow));
    const offset = i32.add(times(ky, rows.dilation * rowBytes), times(kx, columns.dilation * pixel));
    const a = f.let(i32.add(band.a, offset));
    const c = f.let(i32.add(band.c, times(run, runs.length * cRow)));
    eachBlockOf(f, blockRuns(runs.length, mr), (height) => {
      const aOffsets = Array.from({ length: height }, (_, i) => 4 * i);
      call(aOffsets, a, c);
      f.increment(a, 4 * height);
      f.increment(c, height * cRow);
    });
  });
}
