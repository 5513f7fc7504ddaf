// Sums over windows (correlation.ts) as a kernel. They are an implicit matrix product: its rows are neighbouring outputs, whose
// elements of A lie a fixed distance apart; k runs over taps and channels, taps row by row; its columns are filters.
// A tile is some bands of images. Taps whose row lies outside the image are skipped for all outputs of a row. Where many taps
// have their column outside, blocks of images are better (across-images.ts).

import { type Address, address, type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { larger, plus, smaller, times } from '../core/arithmetic.ts';
import { combinedWork } from '../core/combined-work.ts';
import { type Kernel, type KernelFunc, kernelFunc } from '../core/kernel.ts';
import { baseAddress, operandAddress, wholeOf } from '../core/operand.ts';
import { evenPart, type Span } from '../core/partition-evenly.ts';
import { mostTiles, tileFlops } from '../core/tile-size.ts';
import { computedColumns } from '../matmul/micro-kernel.ts';
import { blocksOfImages, emitAcross, isAcross } from './across-images.ts';
import { type ConvAxis, reachesOut } from './axis.ts';
import { blockRuns, eachBlockOf } from './block-runs.ts';
import { blockOf, type Correlation, type Windows } from './correlation.ts';
import { type BandSpec, bandBytes, bandOrigin, bandRowBytes } from './image-band.ts';
import { joined } from './loop-nest.ts';
import { eachGroup, eachPanel } from './panels.ts';
import { registerTile } from './register-tile.ts';
import { validTaps } from './valid-taps.ts';

/** Depthwise, an operation takes four times as long: memory is the limit. */
const depthwiseCost = 4;
/** The most bytes of a copied band: what stays in the L2 beside weights and outputs. */
const mostBandBytes = 262_144;
/** The most bytes of outputs of a band that an epilogue follows: it finds them in the L1. */
const mostFinishedBytes = 32_768;

/** The kernel of the sums, over blocks of outputs or over blocks of images, whichever is faster. */
export function correlate(correlation: Correlation): Kernel {
  const { name, images, rows, columns, groups, channels, weights, input, out, epilogue, level } = correlation;
  const flops =
    2 * images * rows.output * columns.output * groups * channels * weights.filters * rows.taps * columns.taps;
  const { mr, nr } = blockOf(columns.output, weights.filters, level, correlation.perLane);
  const across = isAcross(correlation, mr);
  const { bands, tiles } = across ? cutAcross(correlation, flops, mr) : cut(correlation, flops);
  const bandSpec = bandOf(correlation);
  const band = across ? 0 : bandBytes(bandSpec, Math.ceil(rows.output / bands));
  const cost =
    ((correlation.perLane ? depthwiseCost : 1) * flops) / (level.bits === 256 ? 80 : 35) +
    images * rows.output * columns.output * 2;
  return {
    name,
    tiles,
    cost: cost + (epilogue?.cost ?? 0),
    scratch: band + 4 * mr * computedColumns(nr, level),
    ...combinedWork({
      kind: 'conv',
      ops: ['conv2d'],
      shape: [images, rows.output, columns.output, rows.taps * columns.taps * channels, groups * weights.filters],
      flops,
      inputs: [
        wholeOf(input, [images, rows.input, columns.input, correlation.pixel]),
        wholeOf(weights.operand.slot, [rows.taps, columns.taps, channels, groups * weights.filters]),
      ],
      out: wholeOf(out, [images, rows.output, columns.output, groups * weights.filters]),
      epilogue,
    }),
    emit: (module) => {
      if (across) return emitAcross(module, correlation, { tiles, mr });
      return emitTile(module, correlation, { bandSpec, bands, tiles, spill: band, mr });
    },
  };
}

function bandOf({ rows, columns, pixel, perLane }: Windows): BandSpec {
  return { rows, columns, channels: pixel, hasOuterRows: false, isAlwaysCopied: perLane };
}

/** The number of bands of an image, and the number of tiles that the bands of all images are divided among. */
function cut(correlation: Correlation, flops: number): { bands: number; tiles: number } {
  const { images, rows, columns, groups, weights, epilogue, perLane } = correlation;
  const wanted = Math.max(1, Math.min((perLane ? depthwiseCost : 1) * (flops / tileFlops), mostTiles));
  const bytes = bandBytes(bandOf(correlation), rows.output);
  const finished = epilogue ? 4 * rows.output * columns.output * groups * weights.filters : 0;
  const least = Math.max(wanted / images, bytes / mostBandBytes, finished / mostFinishedBytes);
  const bands = Math.min(rows.output, Math.ceil(least));
  const units = images * bands;
  return { bands, tiles: Math.min(units, Math.ceil(wanted)) };
}

/** The same for blocks of images: every row of outputs is a band. */
function cutAcross({ images, rows }: Correlation, flops: number, mr: number): { bands: number; tiles: number } {
  const units = blocksOfImages(images, mr) * rows.output;
  return { bands: rows.output, tiles: Math.ceil(Math.max(1, Math.min(units, flops / tileFlops, mostTiles))) };
}

interface Cut {
  readonly bandSpec: BandSpec;
  readonly bands: number;
  readonly tiles: number;
  /** byte offset in the scratch */
  readonly spill: number;
  readonly mr: number;
}

function emitTile(module: ModuleBuilder, correlation: Correlation, cutting: Cut): KernelFunc {
  const { name, images, rows, columns, input, out, placement, weights, epilogue, groups, pixel } = correlation;
  const { bandSpec, bands, tiles, spill } = cutting;
  const finish = epilogue?.emit(module, true);
  const imageBytes = 4 * rows.input * columns.input * pixel;
  return kernelFunc(module, name, (f, table, scratch, tile) => {
    const from = f.let(baseAddress(table, input));
    const panels = operandAddress(f, table, weights.operand);
    const to = f.let(plus(baseAddress(table, out), 4 * placement.offset));
    const spillAt = f.let(plus(scratch, spill));
    const units = evenPart(f, images * bands, tiles, tile);
    const unit = f.let(units.start);
    f.forSteps(unit, units.end, 1, () => {
      const image = bands === 1 ? unit : f.let(i32.div_u(unit, bands));
      const outputs = evenPart(f, rows.output, bands, f.let(i32.sub(unit, times(image, bands))));
      const imageAt = f.let(address.add(from, address.times(image, imageBytes)));
      const origin = bandOrigin(f, module, bandSpec, imageAt, scratch, ...rowsRead(f, rows, outputs));
      const c = f.let(address.add(to, address.times(image, 4 * placement.image)));
      overPanels({ f, module, correlation, cutting, spill: spillAt }, { origin, panels, c, outputs });
      const first = i32.mul(i32.add(times(image, rows.output), outputs.start), columns.output);
      const row0 = f.let(first);
      const row1 = f.let(i32.add(row0, times(i32.sub(outputs.end, outputs.start), columns.output)));
      const filters = i32.const(groups * weights.filters);
      finish?.(f, table, { outer: i32.const(0), row0, row1, col0: i32.const(0), col1: filters });
    });
  });
}

/** The rows [first, end) of the image that the windows of the outputs read. */
function rowsRead(f: FunctionBuilder, axis: ConvAxis, outputs: Span): [Expr<'i32'>, Expr<'i32'>] {
  const { stride, taps, dilation, before, input } = axis;
  const first = f.let(plus(times(outputs.start, stride), -before));
  const end = f.let(plus(times(outputs.end, stride), (taps - 1) * dilation + 1 - stride - before));
  if (!reachesOut(axis)) return [first, end];
  const zero = i32.const(0);
  return [f.let(larger(first, zero)), f.let(larger(zero, smaller(end, i32.const(input))))];
}

interface Emission {
  readonly f: FunctionBuilder;
  readonly module: ModuleBuilder;
  readonly correlation: Correlation;
  readonly cutting: Cut;
  readonly spill: Address;
}

/** Some rows of outputs of an image, and the band that they read. */
interface Band {
  readonly origin: Address;
  readonly panels: Address;
  readonly c: Address;
  readonly outputs: Span;
}

function overPanels(emission: Emission, { origin, panels, c, outputs }: Band): void {
  const { f, correlation } = emission;
  const { groups, channels, weights, perLane } = correlation;
  if (perLane) {
    overRows(emission, outputs, (row) => {
      overColumns(emission, row, { origin, c }, (block) => {
        // all channels of a few outputs, so that memory is read and written in order
        eachPanel(f, weights, panels, (panel, column, width) => {
          const channel = f.let(address.shifted(column, 2));
          block({ panel, width, a: channel, c: channel });
        });
      });
    });
    return;
  }
  eachGroup(f, groups, (group) => {
    const a = f.let(address.add(origin, address.times(group, 4 * channels)));
    const ofGroup = f.let(address.add(panels, address.times(group, weights.groupBytes)));
    const filter = f.let(times(group, weights.filters));
    eachPanel(f, weights, ofGroup, (panel, column, width) => {
      const to = f.let(address.add(c, address.shifted(i32.add(filter, column), 2)));
      overRows(emission, outputs, (row) => {
        overColumns(emission, row, { origin: a, c: to }, (block) => block({ panel, width }));
      });
    });
  });
}

/** A row of outputs: the first row of the image that it reads, the first of its valid taps and their number. */
interface OutputRow {
  readonly oy: Expr<'i32'>;
  readonly y: Expr<'i32'>;
  readonly first: Expr<'i32'>;
  readonly count: Expr<'i32'>;
}

function overRows({ f, correlation }: Emission, outputs: Span, body: (row: OutputRow) => void): void {
  const { rows } = correlation;
  const oy = f.let(outputs.start);
  f.forSteps(oy, outputs.end, 1, () => {
    const start = f.let(plus(times(oy, rows.stride), -rows.before));
    const { first, count } = reachesOut(rows)
      ? validTaps(f, rows, start)
      : { first: i32.const(0), count: i32.const(rows.taps) };
    body({ oy, y: f.let(i32.add(start, times(first, rows.dilation))), first, count });
  });
}

/** A panel of `width` columns, and the distances to the elements of A and of C that belong to it. */
interface BlockPanel {
  readonly panel: Address;
  readonly width: number;
  readonly a?: Address;
  readonly c?: Address;
}

/** Calls `each` for every block of outputs of a row; `each` computes the block for some panels. */
function overColumns(
  { f, module, correlation, cutting, spill }: Emission,
  { oy, y, first, count }: OutputRow,
  band: Pick<Band, 'origin' | 'c'>,
  each: (block: (panel: BlockPanel) => void) => void,
): void {
  const { rows, columns, channels, perLane, weights, placement, level } = correlation;
  const pixel = 4 * correlation.pixel;
  const rowBytes = bandRowBytes(cutting.bandSpec);
  const [cRow, stride] = [4 * placement.column, columns.stride * pixel];
  const a = f.let(address.add(band.origin, address.times(y, rowBytes)));
  const c = f.let(address.add(band.c, address.times(oy, 4 * placement.row)));
  const zero = address.const(0);
  eachBlockOf(f, blockRuns(columns.output, cutting.mr), (height) => {
    const aOffsets = Array.from({ length: height }, (_, i) => i * stride);
    each(({ panel, width, a: aFrom = zero, c: cFrom = zero }) => {
      const bStride = weights.strideOf(width);
      const tapRow = { aStride: rows.dilation * rowBytes, bStride: columns.taps * channels * bStride };
      const inner = joined([
        { count: columns.taps, aStride: columns.dilation * pixel, bStride: channels * bStride },
        { count: channels, aStride: 4, bStride },
      ]);
      const loops = reachesOut(rows)
        ? [{ count: undefined, ...tapRow }, ...inner]
        : joined([{ count: rows.taps, ...tapRow }, ...inner]);
      const block = registerTile(module, { aOffsets, perLane, columns: width, loops, cRow, level });
      const b = address.add(panel, address.times(first, tapRow.bStride));
      f.do(f.call(block, address.add(a, aFrom), b, address.add(c, cFrom), count, 0, spill));
    });
    f.increment(a, height * stride);
    f.increment(c, height * cRow);
  });
}
