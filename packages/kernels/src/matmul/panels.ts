// Where the panels of B are: as they lie, copied to the scratch of the tile that reads them, or copied once for all tiles by
// a step of its own. A panel is nr columns, the last one perhaps fewer; k runs down it in rows that lie together.

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { sizeOf } from '../collapse.ts';
import type { Kernel, KernelFunc, Level, Operand, Slot } from '../kernel.ts';
import { address, times } from '../lane.ts';
import { unflatten } from '../rows.ts';
import type { Blocking } from './blocking.ts';
import { evenPart } from './even.ts';
import type { Geometry } from './geometry.ts';
import { computedColumns } from './micro-kernel.ts';
import { packPanel } from './pack.ts';

/** about 5 µs of copying */
const tileElements = 16_384;
const mostTiles = 64;

/** The widths that panels have, the last panel's last. */
export function panelWidths({ n }: Geometry, { nr, panels }: Blocking): number[] {
  const last = n - nr * (panels - 1);
  return last === nr ? [nr] : panels === 1 ? [last] : [nr, last];
}

/** Runs the code for the width of panel `j`. */
export function byWidth(
  f: FunctionBuilder,
  widths: readonly number[],
  panels: number,
  j: Expr<'i32'>,
  emit: (width: number) => void,
): void {
  const [first, last] = widths;
  if (first === undefined) return;
  if (last === undefined) emit(first);
  else
    f.if(
      i32.eq(j, panels - 1),
      () => emit(last),
      () => emit(first),
    );
}

/** base + Σ indices[d] · strides[d] */
export function moved(base: Expr<'i32'>, indices: readonly Expr<'i32'>[], strides: readonly number[]): Expr<'i32'> {
  return indices.reduce((sum, index, d) => (strides[d] ? i32.add(sum, times(index, strides[d])) : sum), base);
}

/** Bytes from one k to the next in a packed panel of `width` columns. */
export function packedStep(width: number, level: Level): number {
  return 4 * computedColumns(width, level);
}

/** Bytes from one packed panel to the next. */
export function panelBytes({ k }: Geometry, { nr }: Blocking): number {
  return 4 * k * nr;
}

/** Dimensions of the batch along which B moves. */
function movingDimensions({ batchShape, bBatch }: Geometry): { shape: number[]; strides: number[] } {
  const moving = batchShape.flatMap((size, d) => (bBatch[d] === 0 ? [] : [{ size, stride: bBatch[d] ?? 0 }]));
  return { shape: moving.map(({ size }) => size), strides: moving.map(({ stride }) => stride) };
}

/** Bytes from a product's packed matrix to the next one's along each dimension of the batch. */
export function packedBatch(geometry: Geometry, blocking: Blocking): number[] {
  let bytes = blocking.panels * panelBytes(geometry, blocking);
  const strides = geometry.batchShape.map(() => 0);
  for (let d = strides.length - 1; d >= 0; d--) {
    if (geometry.bBatch[d] === 0) continue;
    strides[d] = bytes;
    bytes *= geometry.batchShape[d] ?? 1;
  }
  return strides;
}

/** Elements of all packed panels of all distinct matrices. */
export function packedLength(geometry: Geometry, blocking: Blocking): number {
  const matrices = sizeOf(movingDimensions(geometry).shape);
  return (matrices * blocking.panels * panelBytes(geometry, blocking)) / 4;
}

/** The step that copies all panels of B to `to`. */
export function packB(b: Operand, to: Slot, geometry: Geometry, blocking: Blocking, level: Level): Kernel {
  const { k, n, bColumn, bStep } = geometry;
  const { nr, panels } = blocking;
  const matrices = movingDimensions(geometry);
  const all = sizeOf(matrices.shape) * panels;
  const length = packedLength(geometry, blocking);
  const tiles = Math.min(all, mostTiles, Math.ceil(length / tileElements));
  const widths = panelWidths(geometry, blocking);
  const name = `matmul pack ${k}×${n}`;
  return {
    name,
    tiles,
    cost: 0.3 * length,
    scratch: 0,
    reads: [b.slot],
    writes: [to],
    emit: (module: ModuleBuilder): KernelFunc =>
      module.func(
        name,
        ['i32', 'i32', 'i32'],
        'void',
        (f, table, _scratch, tile) => {
          const base = address(f, table, b);
          const { start, end } = evenPart(f, all, tiles, tile);
          const panel = f.let(start);
          const bytes = panelBytes(geometry, blocking);
          const packed = f.let(i32.add(i32.load(table, 4 * to), times(panel, bytes)));
          f.loop((again) => {
            const indices = unflatten(f, panel, [...matrices.shape, panels]);
            const j = indices.at(-1) ?? panel;
            const from = moved(base, indices, [...matrices.strides, nr * bColumn]);
            byWidth(f, widths, panels, j, (lanes) => {
              const pack = packPanel(module, { lanes, across: bColumn, step: bStep, toStep: packedStep(lanes, level) });
              f.do(f.call(pack, from, packed, k));
            });
            f.increment(packed, bytes);
            f.increment(panel, 1);
            f.brIf(again, i32.lt_s(panel, end));
          });
        },
        { exported: false },
      ),
  };
}
