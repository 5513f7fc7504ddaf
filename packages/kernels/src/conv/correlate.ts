// Sums over windows: out[i, o, f] = Σ over taps and channels of in[i, o·stride + t·dilation − before, c] · w[t, c, f], taps row
// by row. What a convolution is, and what its input's gradient is of each phase of the stride. An implicit product: rows are
// neighbouring outputs, whose elements of A lie a fixed distance apart, k runs over taps and channels, columns are filters.
// A tile is a number of bands of images; taps whose row lies outside of the image are left out, for all outputs of a row. (Where
// many taps have their column outside, see across-images.ts.)

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { finished, wholeOf } from '../core/epilogue/combined-work.ts';
import type { Epilogue, Kernel, KernelFunc, Level, Slot } from '../core/kernel.ts';
import { larger, plus, smaller, times } from '../elementwise/vector-io.ts';
import { registerBlock } from '../matmul/blocking.ts';
import { computedColumns } from '../matmul/micro-kernel.ts';
import { evenPart, type Span } from '../matmul/partition-evenly.ts';
import { blocksOfImages, emitAcross, isAcross } from './across-images.ts';
import { type ConvAxis, reachesOut } from './axis.ts';
import { type BandSpec, bandBytes, bandOrigin, bandRowBytes } from './image-band.ts';
import { eachGroup, eachPanel, type Panels, panelsAddress } from './panels.ts';
import { blockRuns, eachBlockOf, joined, registerTile } from './register-tile.ts';
import { validTaps } from './valid-taps.ts';

export interface Windows {
  readonly images: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  readonly groups: number;
  /** of a group */
  readonly channels: number;
  /** elements from a pixel of the input to the next */
  readonly pixel: number;
  /** whether a filter reads the channel of its own number alone; then there is one group, with one channel */
  readonly perLane: boolean;
}

/** Where outputs go, in elements: channels lie together. */
export interface Placement {
  readonly offset: number;
  readonly image: number;
  readonly row: number;
  readonly column: number;
}

export interface Correlation extends Windows {
  readonly name: string;
  /** dense [images, rows, columns, pixel] */
  readonly input: Slot;
  readonly weights: Panels;
  readonly out: Slot;
  readonly placement: Placement;
  readonly epilogue: Epilogue | undefined;
  readonly level: Level;
}

/** about 5 µs: the least that is worth claiming */
const tileFlops = 500_000;
const mostTiles = 64;
/** an operation takes so many times as long where channels do not mix: memory binds */
const slower = 4;
/** of the copy of a band: what stays in the L2 beside weights and outputs */
const mostBandBytes = 262_144;

/** of the outputs of a band that an epilogue finishes: it finds them in the L1 */
const mostFinishedBytes = 32_768;

/** The registers that a block of outputs of a row may have. */
export function blockOf(
  columns: number,
  filters: number,
  level: Level,
  perLane: boolean,
): { readonly mr: number; readonly nr: number } {
  if (perLane) return { mr: level.bits === 256 ? 8 : 4, nr: 8 };
  return registerBlock({ m: columns, n: filters }, level);
}

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
    ((correlation.perLane ? slower : 1) * flops) / (level.bits === 256 ? 80 : 35) +
    images * rows.output * columns.output * 2;
  return {
    name,
    tiles,
    cost: cost + (epilogue?.cost ?? 0),
    scratch: band + 4 * mr * computedColumns(nr, level),
    ...finished({
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

/** How many bands an image has, and how many tiles all bands of all images are dealt to. */
function cut(correlation: Correlation, flops: number): { bands: number; tiles: number } {
  const { images, rows, columns, groups, weights, epilogue, perLane } = correlation;
  const wanted = Math.max(1, Math.min((perLane ? slower : 1) * (flops / tileFlops), mostTiles));
  const bytes = bandBytes(bandOf(correlation), rows.output);
  const finished = epilogue ? 4 * rows.output * columns.output * groups * weights.filters : 0;
  const least = Math.max(wanted / images, bytes / mostBandBytes, finished / mostFinishedBytes);
  const bands = Math.min(rows.output, Math.ceil(least));
  const units = images * bands;
  return { bands, tiles: Math.min(units, Math.ceil(wanted)) };
}

/** Every row of outputs of a block of images is a band. */
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
  return module.func(
    name,
    ['i32', 'i32', 'i32'],
    'void',
    (f, table, scratch, tile) => {
      const from = f.let(i32.load(table, 4 * input));
      const panels = panelsAddress(f, table, weights);
      const to = f.let(plus(i32.load(table, 4 * out), 4 * placement.offset));
      const spillAt = f.let(plus(scratch, spill));
      const units = evenPart(f, images * bands, tiles, tile);
      const unit = f.let(units.start);
      f.forSteps(unit, units.end, 1, () => {
        const image = bands === 1 ? unit : f.let(i32.div_u(unit, bands));
        const outputs = evenPart(f, rows.output, bands, f.let(i32.sub(unit, times(image, bands))));
        const imageAt = f.let(i32.add(from, times(image, imageBytes)));
        const origin = bandOrigin(f, module, bandSpec, imageAt, scratch, ...rowsRead(f, rows, outputs));
        const c = f.let(i32.add(to, times(image, 4 * placement.image)));
        overPanels({ f, module, correlation, cutting, spill: spillAt }, { origin, panels, c, outputs });
        const first = i32.mul(i32.add(times(image, rows.output), outputs.start), columns.output);
        const row0 = f.let(first);
        const row1 = f.let(i32.add(row0, times(i32.sub(outputs.end, outputs.start), columns.output)));
        const filters = i32.const(groups * weights.filters);
        finish?.(f, table, { outer: i32.const(0), row0, row1, col0: i32.const(0), col1: filters });
      });
    },
    { exported: false },
  );
}

/** The rows of the image that the windows of the outputs read. */
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
  readonly spill: Expr<'i32'>;
}

interface Band {
  readonly origin: Expr<'i32'>;
  readonly panels: Expr<'i32'>;
  readonly c: Expr<'i32'>;
  readonly outputs: Span;
}

function overPanels(emission: Emission, { origin, panels, c, outputs }: Band): void {
  const { f, correlation } = emission;
  const { groups, channels, weights, perLane } = correlation;
  if (perLane) {
    overRows(emission, outputs, (row) => {
      overColumns(emission, row, { origin, c }, (block) => {
        // all channels of a few outputs, so that memory is read and written in its order
        eachPanel(f, weights, panels, (panel, column, width) => {
          const channel = f.let(i32.shl(column, 2));
          block({ panel, width, a: channel, c: channel });
        });
      });
    });
    return;
  }
  eachGroup(f, groups, (group) => {
    const a = f.let(i32.add(origin, times(group, 4 * channels)));
    const ofGroup = f.let(i32.add(panels, times(group, weights.groupBytes)));
    const filter = f.let(times(group, weights.filters));
    eachPanel(f, weights, ofGroup, (panel, column, width) => {
      const to = f.let(i32.add(c, i32.shl(i32.add(filter, column), 2)));
      overRows(emission, outputs, (row) => {
        overColumns(emission, row, { origin: a, c: to }, (block) => block({ panel, width }));
      });
    });
  });
}

/** A row of outputs: the first row of the image that it reads, and of the taps the first and how many lie inside. */
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

/** A panel of so many columns, and bytes to what it reads and writes of a block of outputs. */
interface BlockPanel {
  readonly panel: Expr<'i32'>;
  readonly width: number;
  readonly a?: Expr<'i32'>;
  readonly c?: Expr<'i32'>;
}

/** Calls `each` for every block of outputs of a row, to compute it for some panels. */
function overColumns(
  { f, module, correlation, cutting, spill }: Emission,
  { oy, y, first, count }: OutputRow,
  band: Pick<Band, 'origin' | 'c'>,
  each: (block: (panel: BlockPanel) => void) => void,
): void {
  const { rows, columns, channels, perLane, weights, placement, level } = correlation;
  const pixel = 4 * correlation.pixel;
  const rowBytes = bandRowBytes(cutting.bandSpec);
  const [cRow, step] = [4 * placement.column, columns.stride * pixel];
  const a = f.let(i32.add(band.origin, times(y, rowBytes)));
  const c = f.let(i32.add(band.c, times(oy, 4 * placement.row)));
  const zero = i32.const(0);
  eachBlockOf(f, blockRuns(columns.output, cutting.mr), (height) => {
    const aOffsets = Array.from({ length: height }, (_, i) => i * step);
    each(({ panel, width, a: aFrom = zero, c: cFrom = zero }) => {
      const bStep = weights.stepOf(width);
      const tapRow = { aStep: rows.dilation * rowBytes, bStep: columns.taps * channels * bStep };
      const inner = joined([
        { count: columns.taps, aStep: columns.dilation * pixel, bStep: channels * bStep },
        { count: channels, aStep: 4, bStep },
      ]);
      const loops = reachesOut(rows)
        ? [{ count: undefined, ...tapRow }, ...inner]
        : joined([{ count: rows.taps, ...tapRow }, ...inner]);
      const block = registerTile(module, { aOffsets, perLane, columns: width, loops, cRow, level });
      const b = i32.add(panel, times(first, tapRow.bStep));
      f.do(f.call(block, i32.add(a, aFrom), b, i32.add(c, cFrom), count, 0, spill));
    });
    f.increment(a, height * step);
    f.increment(c, height * cRow);
  });
}
