// Sums over windows, as correlate.ts has them, where many windows reach out of the image to the left and right: a block of
// registers is one output of several images, not several of one, so that all of it lacks the same taps, and none of those
// is computed. Nothing is copied. A tile is a number of rows of outputs, each of a block of images. Every element is the same
// chain as in correlate.ts but for multiples of zero, which change no bit where weights are finite.

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import type { KernelFunc } from '../core/kernel.ts';
import { plus, smaller, times } from '../elementwise/vector-io.ts';
import { evenPart } from '../matmul/partition-evenly.ts';
import type { Correlation } from './correlate.ts';
import { eachGroup, eachPanel, panelsAddress } from './panels.ts';
import { eachBlockOf, joined, registerTile } from './register-tile.ts';
import { tapRuns, validTaps } from './valid-taps.ts';

/** of all pairs of an output and a tap of its row, those outside, where leaving them out pays; blocks of more images cost more */
const leastOutside = { few: 0.03, many: 0.06 };
const fewImages = 6;
/** inner loops are written for each number of taps */
const mostTaps = 7;

/** Whether blocks of `mr` images are the way. */
export function isAcross({ images, columns, perLane }: Correlation, mr: number): boolean {
  // few columns or images make other blocks
  if (perLane || images < mr || columns.output <= 3 || columns.taps > mostTaps) return false;
  const inside = tapRuns(columns).reduce((sum, { outputs, count }) => sum + outputs * count, 0);
  const least = mr <= fewImages ? leastOutside.few : leastOutside.many;
  return inside < (1 - least) * columns.output * columns.taps;
}

export function blocksOfImages(images: number, mr: number): number {
  return Math.ceil(images / mr);
}

interface Cut {
  readonly tiles: number;
  readonly mr: number;
}

export function emitAcross(module: ModuleBuilder, correlation: Correlation, { tiles, mr }: Cut): KernelFunc {
  const { name, images, rows, columns, input, out, placement, weights, epilogue, groups, pixel } = correlation;
  const finish = epilogue?.emit(module, true);
  const [rowBytes, imageBytes] = [4 * columns.input * pixel, 4 * rows.input * columns.input * pixel];
  const blocks = blocksOfImages(images, mr);
  const least = Math.floor(images / blocks);
  const taller = i32.const(images % blocks);
  return module.func(
    name,
    ['i32', 'i32', 'i32'],
    'void',
    (f, table, spill, tile) => {
      const from = f.let(i32.load(table, 4 * input));
      const panels = panelsAddress(f, table, weights);
      const to = f.let(plus(i32.load(table, 4 * out), 4 * placement.offset));
      const units = evenPart(f, blocks * rows.output, tiles, tile);
      const unit = f.let(units.start);
      f.forSteps(unit, units.end, 1, () => {
        const block = f.let(i32.div_u(unit, rows.output));
        const oy = f.let(i32.sub(unit, times(block, rows.output)));
        const image = f.let(i32.add(times(block, least), smaller(block, taller)));
        const start = f.let(plus(times(oy, rows.stride), -rows.before));
        const { first, count } = validTaps(f, rows, start);
        const y = i32.add(start, times(first, rows.dilation));
        const a = f.let(i32.add(i32.add(from, times(image, imageBytes)), times(y, rowBytes)));
        const c = f.let(i32.add(i32.add(to, times(image, 4 * placement.image)), times(oy, 4 * placement.row)));
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
    },
    { exported: false },
  );
}

/** A row of outputs of a block of images. */
interface Row {
  /** the first row of the first image that a tap inside reads */
  readonly a: Expr<'i32'>;
  readonly c: Expr<'i32'>;
  readonly panels: Expr<'i32'>;
  readonly first: Expr<'i32'>;
  readonly count: Expr<'i32'>;
  readonly spill: Expr<'i32'>;
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
  const ofPanel = (panel: Expr<'i32'>, filter: Expr<'i32'>, group: Expr<'i32'>, width: number): void => {
    const bStep = weights.stepOf(width);
    const tapRow = columns.taps * channels * bStep;
    const b = f.let(i32.add(panel, times(first, tapRow)));
    const ofGroup = f.let(i32.add(a, times(group, 4 * channels)));
    const to = f.let(i32.add(c, i32.shl(i32.add(times(group, weights.filters), filter), 2)));
    for (const run of tapRuns(columns)) {
      const loops = [
        { count: undefined, aStep: rows.dilation * rowBytes, bStep: tapRow },
        ...joined([
          { count: run.count, aStep: columns.dilation * pixel, bStep: channels * bStep },
          { count: channels, aStep: 4, bStep },
        ]),
      ];
      const block = registerTile(module, {
        aOffsets,
        perLane: false,
        columns: width,
        loops,
        cRow: 4 * placement.image,
        level,
      });
      const x = run.output * columns.stride - columns.before + run.first * columns.dilation;
      const at = f.let(plus(ofGroup, x * pixel));
      const weightsAt = f.let(plus(b, run.first * channels * bStep));
      const output = f.let(plus(to, 4 * run.output * placement.column));
      eachBlockOf(f, [{ height, count: run.outputs }], () => {
        f.do(f.call(block, at, weightsAt, output, count, 0, spill));
        f.increment(at, columns.stride * pixel);
        f.increment(output, 4 * placement.column);
      });
    }
  };
  eachGroup(f, groups, (group) => {
    const ofGroup = f.let(i32.add(panels, times(group, weights.groupBytes)));
    eachPanel(f, weights, ofGroup, (panel, filter, width) => ofPanel(panel, filter, group, width));
  });
}
