// The gradient of a convolution's weights: dw[t, c, f] = Σ over images and outputs of x[o·stride + t·dilation − before, c] ·
// dy[o, f]. It is an implicit product whose rows are taps and channels, whose columns are filters, and whose k runs over outputs.
// That sum is cut into chunks of whole rows of outputs, by its own extents alone. A chunk is one chain of multiply-adds, and the
// chunks are added in one order. There are few weights and many images, so the chunks are also what threads share.

import { combinedWork } from '../core/combined-work.ts';
import type { Kernel } from '../core/kernel.ts';
import { wholeOf } from '../core/operand.ts';
import { mostTiles, tileFlops } from '../core/tile-size.ts';
import { computedColumns } from '../matmul/micro-kernel.ts';
import { blockOf, type Windows } from './correlation.ts';
import { bandBytes } from './image-band.ts';
import type { Panels } from './panels.ts';
import { emitTile, type GradientCut, type WeightGradient } from './weight-gradient-tile.ts';
import { runsOf } from './weight-runs.ts';

/** The least outputs of a chunk, where there are as many. */
const chunkOutputs = 512;
const mostChunks = 16;

/** The number of chunks that the sum over outputs is cut into. */
export function chunksOf({ images, rows, columns }: Windows): number {
  const outputs = images * rows.output * columns.output;
  return Math.max(1, Math.min(mostChunks, images * rows.output, Math.floor(outputs / chunkOutputs)));
}

/** About the number of outputs of a call of the innermost loops: their parts of x and dy stay in the L1. */
const bandOutputs = 256;
/** The most bytes of a copied band. */
const mostBandBytes = 262_144;

/** The kernel that computes the chunks; where there are several, they are still to be added. */
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
    ...combinedWork({
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

function cutOf(gradient: WeightGradient, flops: number): GradientCut {
  const { rows, columns, groups, channels, filters, perLane, dy, level } = gradient;
  const bandSpec = { rows, columns, channels: gradient.pixel, hasOuterRows: true, isAlwaysCopied: perLane };
  const { mr, nr } =
    perLane && level.bits === 256
      ? { mr: 4, nr: 16 }
      : blockOf(rows.taps * columns.taps * channels, filters, level, perLane);
  const runs = runsOf(gradient, bandSpec, mr);
  const bytesOf = (count: number): number => (runs.kind === 'taps' ? 0 : bandBytes(bandSpec, count));
  let bandRows = Math.min(rows.output, Math.max(1, Math.floor(bandOutputs / columns.output)));
  while (bandRows > 1 && bytesOf(bandRows) > mostBandBytes) bandRows = Math.ceil(bandRows / 2);
  const chunks = chunksOf(gradient);
  const wanted = Math.min(mostTiles, flops / tileFlops);
  const runParts = Math.max(1, Math.min(runs.count, Math.ceil(wanted / chunks)));
  const isPacked = filters > 2 * nr && !perLane;
  const panels: Panels = {
    operand: { slot: dy, view: { shape: [], strides: [], offset: 0 } },
    filters,
    nr,
    groupBytes: 4 * filters,
    panelBytes: 4 * nr,
    strideOf: (width) => (isPacked ? 4 * computedColumns(width, level) : 4 * groups * filters),
  };
  const packed = bytesOf(bandRows);
  const spill = packed + (isPacked ? 4 * bandRows * columns.output * nr : 0);
  return { bandSpec, bandRows, chunks, runs, runParts, mr, panels, isPacked, packed, spill };
}
