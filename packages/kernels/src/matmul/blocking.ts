// The sizes of all blocks of a product, from its geometry alone: the micro-kernel, the blocks of k, what is packed and where, and
// the tiles of the output. No choice made here changes a bit of the result. The names are those of BLIS: mr × nr elements of C
// stay in registers, a panel of kc × nr of B in L1, a block of rows of A × kc in L2.

import type { Level } from '../core/kernel.ts';
import { mostTiles, tileFlops } from '../core/tile-size.ts';
import type { Geometry } from './geometry.ts';

/** The block sizes of a product, and what is packed where. */
export interface Blocking {
  readonly mr: number;
  readonly nr: number;
  readonly kc: number;
  /** the number of panels of nr columns */
  readonly panels: number;
  /** a tile is one part of the products × one part of the rows × one part of the panels */
  readonly batchParts: number;
  readonly rowParts: number;
  readonly panelParts: number;
  /** A is read in place, or packed block by block into the scratch of the tile that reads it */
  readonly a: 'in place' | 'in scratch';
  /**
   * B is read in place, row by row or transposed in registers; packed panel by panel into the scratch of the tile that reads it;
   * or packed once for all tiles.
   */
  readonly b: 'in place' | 'transposed' | 'in scratch' | 'shared';
  /** how many panels are packed into scratch together */
  readonly panelsAtOnce: number;
}

/** Rows, each on pages of its own, that a copy across them reads at once. */
export const rowsAtOnce = 16;
/**
 * The most elements of a panel of B: 128 KiB. A panel larger than the L1 costs nothing that can be measured (B arrives from L2
 * in time), but every block of k reads and writes C once more, and reads A in shorter runs (2048³: kc = 2048 is 3 % faster
 * than 512, 1024³: kc = 1024 is 1.5 %).
 */
const panelElements = 32_768;
/** Up to so many bytes, B is read in place for every block of rows, however far apart its rows are: an L1. */
const nearBytes = 32_768;
/** The most elements of panels in scratch: 256 KiB, a part of an L2. */
const scratchElements = 65_536;
/** Columns that are packed into scratch together, so that rows of B that lie far apart are read in runs. */
const columnsAtOnce = 128;
/** In products of up to so many rows, packing B takes a large part of the time, so its columns stay together. */
const fewRows = 64;
/**
 * The most rows and columns of a tile: the rows of A stay in an L2 while panels of B go by. Measured at 1024³ to
 * 2048³: 128 × 256 to 128 × 512 run alike, 256 × 256 is 5 % slower, 64 × 512 is 3 % slower.
 */
const tileRows = 128;
const tileColumns = 128;
/** In products of few rows, whose tiles would otherwise be small. */
const tileColumnsOfFewRows = 512;
/** The columns of a tile that packs its rows of A first, so that the copy serves many columns. */
const tileColumnsOfCopies = 512;
/** The tiles that such products are cut into: 1024³ with Aᵀ is 5 % faster than with one copy of A for 64 tiles. */
const tilesOfCopies = 16;
/**
 * The most k of a block where A is read in place and its rows run across memory: then the block, of at most `tileRows` rows, is
 * at most 256 KiB of whole cache lines, which stay in the L2 while panels of B go by.
 */
const kcAcross = 512;
/**
 * The fewest columns for which more than `fewRows` rows across memory are read in place. 128 × 6400 × n with Aᵀ, against packing A
 * and B: n = 512 is 1.25 times faster, n = 256 as fast, n = 128 is 15 % slower.
 */
const columnsOfRowsAcross = 256;
/** Below so many tiles, small tiles are better than idle threads. */
const fewTiles = 8;

/**
 * mr × nr, measured on V8: as many sums as there are registers for, and enough of them to hide the latency of a multiply-add.
 */
export function registerBlock({ m, n }: Pick<Geometry, 'm' | 'n'>, { bits, fma }: Level): { mr: number; nr: number } {
  if (bits === 128) {
    if (n <= 4) return { mr: 8, nr: 4 };
    return m <= 2 ? { mr: m, nr: 16 } : { mr: m === 3 ? 3 : 4, nr: 8 };
  }
  if (n <= 8) return { mr: 12, nr: n <= 4 ? 4 : 8 };
  if (m <= 2) return { mr: m, nr: 32 };
  return { mr: m === 3 ? 3 : fma ? 6 : 5, nr: 16 };
}

/** All block sizes of a product. */
export function blockingOf(geometry: Geometry, level: Level): Blocking {
  const { batch, m, n, k, aRow, aStride, bStride, bColumn } = geometry;
  const { mr, nr } = registerBlock(geometry, level);
  const panels = Math.ceil(n / nr);
  const isAcross = aStride !== 4 && panels > 2;
  // Reading A in place costs a cache line for every k unless k runs along its rows. Few rows across memory share these lines;
  // then a tile has all rows, and needs enough columns to read the lines again while they are near.
  const hasColumns = m <= fewRows || n >= columnsOfRowsAcross;
  const sharesLines = aRow === 4 && aStride >= 0 && aStride <= 4 * tileRows && hasColumns;
  const packsA = aRow < 0 || aStride < 0 || (isAcross && !sharesLines);
  const kcMost = isAcross && !packsA ? kcAcross : Math.floor(panelElements / Math.max(nr, 16));
  const kc = k <= kcMost ? k : rowsAtOnce * Math.ceil(k / Math.ceil(k / kcMost) / rowsAtOnce);
  const { rowParts, panelParts } = cut(geometry, { mr, panels, packsA, isAcross });
  const a = packsA ? 'in scratch' : 'in place';
  const wanted = Math.max(1, Math.min(work(geometry) / tileFlops, 4 * mostTiles));
  const batchParts = rowParts * panelParts > 1 ? batch : Math.ceil(batch / Math.ceil(batch / wanted));
  const readsRows = bColumn === 4 && bStride >= 0;
  const readsFewTimes = m <= 2 * mr || kc * bStride <= nearBytes;
  const isRepeated = geometry.batchShape.some((size, d) => size > 1 && geometry.bBatch[d] === 0);
  const isTransposed = m <= 2 && bColumn !== 4 && bColumn >= 0 && bStride === 4 && aStride >= 0 && a === 'in place';
  const b = isTransposed
    ? 'transposed'
    : readsRows && readsFewTimes
      ? 'in place'
      : rowParts === 1 && !isRepeated
        ? 'in scratch'
        : 'shared';
  const fits = Math.floor(Math.min(columnsAtOnce, scratchElements / kc) / nr);
  const panelsAtOnce = Math.max(1, Math.min(fits, Math.ceil(panels / panelParts)));
  return { mr, nr, kc, panels, batchParts, rowParts, panelParts, a, b, panelsAtOnce };
}

/** Rows of A that are multiplied in the time that reading B takes: a product of fewer rows takes as long. */
const rowsPerReading = 4;

/** The time of a product, counted in floating-point operations; to write an element of the output counts as 16. */
export function work({ batch, m, n, k }: Geometry): number {
  return 2 * batch * Math.max(m, rowsPerReading) * n * (k + 8);
}

/** Cuts every product into a power of two of parts, until there are about `mostTiles` tiles or the tiles are small. */
function cut(
  geometry: Geometry,
  { mr, panels, packsA, isAcross }: Pick<Blocking, 'mr' | 'panels'> & Readonly<Record<'packsA' | 'isAcross', boolean>>,
): Pick<Blocking, 'rowParts' | 'panelParts'> {
  const { batch, m, n } = geometry;
  const blocks = Math.ceil(m / mr);
  const wanted = Math.min(work(geometry) / tileFlops, mostTiles);
  let [rowParts, panelParts] = [1, 1];
  while (m / rowParts > tileRows) rowParts *= 2;
  const mostColumns = m <= tileRows ? tileColumnsOfFewRows : packsA ? n : tileColumns;
  while (n / panelParts > mostColumns) panelParts *= 2;
  while (2 * batch * rowParts * panelParts <= wanted) {
    const [rows, columns, tiles] = [m / rowParts, n / panelParts, batch * rowParts * panelParts];
    const isScarce = tiles < fewTiles;
    // A panel of B packed by a tile serves all its rows, so up to 128 stay together; packed rows of A serve all its columns.
    const isTall = m > tileRows && rows >= 16 * mr && !packsA;
    const isWide = packsA
      ? tiles < tilesOfCopies && columns >= 2 * tileColumnsOfCopies
      : !isAcross && (columns >= columnsAtOnce || m > fewRows);
    const rowsFit = 2 * rowParts <= blocks && (isScarce || isTall);
    const panelsFit = 2 * panelParts <= panels && (isScarce || isWide);
    if (rowsFit && (packsA || !panelsFit || (m > tileRows && rows >= columns))) rowParts *= 2;
    else if (panelsFit) panelParts *= 2;
    else break;
  }
  return { rowParts, panelParts };
}
