// Sums over windows (correlation.ts) for images of which many windows reach out to the left and right. A block of registers is one
// output of several images instead of several outputs of one image: all of it lacks the same taps, and none of those is
// computed. Nothing is copied. A tile is some rows of outputs, each of a block of images. Every element is the same chain of
// multiply-adds as in correlate.ts but for multiples of zero, which change no bit where weights are finite.

import { type Address, address, type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { plus, smaller, times } from '../core/arithmetic.ts';
import { type KernelFunc, kernelFunc } from '../core/kernel.ts';
import { baseAddress, operandAddress } from '../core/operand.ts';
import { evenPart } from '../core/partition-evenly.ts';
import { eachBlockOf } from './block-runs.ts';
import type { Correlation } from './correlation.ts';
import { joined } from './loop-nest.ts';
import { eachGroup, eachPanel } from './panels.ts';
import { registerTile } from './register-tile.ts';
import { tapRuns, validTaps } from './valid-taps.ts';

/** The share of taps outside the image from which skipping them pays; larger blocks of images cost more. */
const leastOutside = { few: 0.03, many: 0.06 };
const fewImages = 6;
/** The most taps in a row: code is written for each number of valid taps. */
const mostTaps = 7;

/** Whether blocks of `mr` images are better than blocks of outputs of one image. */
export function isAcross({ images, columns, perLane }: Correlation, mr: number): boolean {
  // few columns or images make other blocks
  if (perLane || images < mr || columns.output <= 3 || columns.taps > mostTaps) return false;
  const inside = tapRuns(columns).reduce((sum, { outputs, count }) => sum + outputs * count, 0);
  const least = mr <= fewImages ? leastOutside.few : leastOutside.many;
  return inside < (1 - least) * columns.output * columns.taps;
}

/** The number of blocks of at most `mr` images. */
export function blocksOfImages(images: number, mr: number): number {
  return Math.ceil(images / mr);
}

interface Cut {
  readonly tiles: number;
  readonly mr: number;
}

/** Emits the code of a tile. `mr`: the most images of a block. */
export function emitAcross(module: ModuleBuilder, correlation: Correlation, { tiles, mr }: Cut): KernelFunc {
  const { name, images, rows, columns, input, out, placement, weights, epilogue, groups, pixel } = correlation;
  const finish = epilogue?.emit(module, true);
  const [rowBytes, imageBytes] = [4 * columns.input * pixel, 4 * rows.input * columns.input * pixel];
  const blocks = blocksOfImages(images, mr);
  const least = Math.floor(images / blocks);
  const taller = i32.const(images % blocks);
  return kernelFunc(module, name, (f, table, spill, tile) => {
    const from = f.let(baseAddress(table, input));
    const panels = operandAddress(f, table, weights.operand);
    const to = f.let(plus(baseAddress(table, out), 4 * placement.offset));
    const units = evenPart(f, blocks * rows.output, tiles, tile);
    const unit = f.let(units.start);
    f.forSteps(unit, units.end, 1, () => {
      const block = f.let(i32.div_u(unit, rows.output));
      const oy = f.let(i32.sub(unit, times(block, rows.output)));
      const image = f.let(i32.add(times(block, least), smaller(block, taller)));
      const start = f.let(plus(times(oy, rows.stride), -rows.before));
      const { first, count } = validTaps(f, rows, start);
      const y = i32.add(start, times(first, rows.dilation));
      const imageAt = address.add(from, address.times(image, imageBytes));
      const a = f.let(address.add(imageAt, address.times(y, rowBytes)));
      const toImage = address.add(to, address.times(image, 4 * placement.image));
      const c = f.let(address.add(toImage, address.times(oy, 4 * placement.row)));
      const row = { a, c, panels, first, count, spill };
      const ofHeight = (height: number): void => {
        overColumns(f, module, correlation, row, height);
        for (let i = 0; finish && i < height; i++) {
          const outputs = i32.add(times(plus(image, i), rows.output), oy);
          const row0 = f.let(times(outputs, columns.output));
          const [col0, col1] = [i32.const(0), i32.const(groups * weights.filters)];
          finish(f, table, { outer: i32.const(0), row0, row1: f.let(plus(row0, columns.output)), col0, col1 });
        }
      };
      if (images % blocks === 0) ofHeight(least);
      else {
        f.if(
          i32.lt_s(block, taller),
          () => ofHeight(least + 1),
          () => ofHeight(least),
        );
      }
    });
  });
}

/** A row of outputs of a block of images. */
interface Row {
  /** of the first image: the first row that a valid tap reads */
  readonly a: Address;
  readonly c: Address;
  readonly panels: Address;
  /** the first valid tap, and the number of valid taps */
  readonly first: Expr<'i32'>;
  readonly count: Expr<'i32'>;
  readonly spill: Address;
}

function overColumns(
  f: FunctionBuilder,
  module: ModuleBuilder,
  correlation: Correlation,
  { a, c, panels, first, count, spill }: Row,
  height: number,
): void {
  const { rows, columns, groups, channels, weights, placement, level } = correlation;
  const pixel = 4 * correlation.pixel;
  const rowBytes = columns.input * pixel;
  const aOffsets = Array.from({ length: height }, (_, i) => i * rows.input * rowBytes);
  const ofPanel = (panel: Address, filter: Expr<'i32'>, group: Expr<'i32'>, width: number): void => {
    const bStride = weights.strideOf(width);
    const tapRow = columns.taps * channels * bStride;
    const b = f.let(address.add(panel, address.times(first, tapRow)));
    const ofGroup = f.let(address.add(a, address.times(group, 4 * channels)));
    const to = f.let(address.add(c, address.shifted(i32.add(times(group, weights.filters), filter), 2)));
    for (const run of tapRuns(columns)) {
      const loops = [
        { count: undefined, aStride: rows.dilation * rowBytes, bStride: tapRow },
        ...joined([
          { count: run.count, aStride: columns.dilation * pixel, bStride: channels * bStride },
          { count: channels, aStride: 4, bStride },
        ]),
      ];
      const cRow = 4 * placement.image;
      const block = registerTile(module, { aOffsets, perLane: false, columns: width, loops, cRow, level });
      const x = run.output * columns.stride - columns.before + run.first * columns.dilation;
      const at = f.let(plus(ofGroup, x * pixel));
      const weightsAt = f.let(plus(b, run.first * channels * bStride));
      const output = f.let(plus(to, 4 * run.output * placement.column));
      eachBlockOf(f, [{ height, count: run.outputs }], () => {
        f.do(f.call(block, at, weightsAt, output, count, 0, spill));
        f.increment(at, columns.stride * pixel);
        f.increment(output, 4 * placement.column);
      });
    }
  };
  eachGroup(f, groups, (group) => {
    const ofGroup = f.let(address.add(panels, address.times(group, weights.groupBytes)));
    eachPanel(f, weights, ofGroup, (panel, filter, width) => ofPanel(panel, filter, group, width));
  });
}
