// The sizes of all blocks of a product, from its geometry alone: how large the micro-kernel is, how k is cut, what is packed
// and where, and how the output is cut into tiles. None of it can be told from the result. The names are those of BLIS:
// mr × nr elements of C stay in registers, a panel of kc × nr of B in L1, a block of rows of A × kc in L2.

import type { Level } from '../kernel.ts';
import type { Geometry } from './geometry.ts';

export interface Blocking {
  readonly mr: number;
  readonly nr: number;
  readonly kc: number;
  /** columns in panels of nr */
  readonly panels: number;
  /** a tile is one part of the products × one of the rows × one of the panels */
  readonly batchParts: number;
  readonly rowParts: number;
  readonly panelParts: number;
  /** whether a tile copies its rows of A to scratch */
  readonly packsA: boolean;
  /** B as it lies, copied panel by panel to the scratch of the tile that reads it, or copied once for all tiles */
  readonly b: 'in place' | 'in scratch' | 'shared';
}

/** the most elements of a panel of B: 25 KiB of an L1 of 32 or 48 */
const panelElements = 6400;
/** the most rows and columns of a tile, so that its parts of A and C stay in an L2 of 1 MiB */
const tileRows = 128;
const tileColumns = 512;
/** about 5 µs: the least that is worth claiming */
const tileFlops = 500_000;
const mostTiles = 64;
/** below so many, small tiles are better than idle threads */
const fewTiles = 8;

/** Measured on V8: as many sums as there are registers for, and enough of them to hide the latency of a multiply-add. */
export function registerBlock({ m, n }: Pick<Geometry, 'm' | 'n'>, { bits, fma }: Level): { mr: number; nr: number } {
  if (bits === 128) {
    if (n <= 4) return { mr: 8, nr: 4 };
    return m <= 2 ? { mr: m, nr: 16 } : { mr: m === 3 ? 3 : 4, nr: 8 };
  }
  if (n <= 8) return { mr: 12, nr: n <= 4 ? 4 : 8 };
  if (m <= 2) return { mr: m, nr: 32 };
  return { mr: m === 3 ? 3 : fma ? 6 : 5, nr: 16 };
}

export function blockingOf(geometry: Geometry, level: Level): Blocking {
  const { batch, m, n, k, aRow, aStep, bStep, bColumn } = geometry;
  const { mr, nr } = registerBlock(geometry, level);
  const panels = Math.ceil(n / nr);
  const kcMost = Math.floor(panelElements / Math.max(nr, 16));
  const kc = Math.ceil(k / Math.max(1, Math.ceil(k / kcMost)));
  // Reading A as it lies costs a cache line for every k unless k runs along it; worth it for very few panels only.
  const packsA = aRow < 0 || aStep < 0 || (aStep !== 4 && panels > 2);
  const { rowParts, panelParts } = cut(geometry, { mr, nr, panels, packsA });
  const wanted = Math.max(1, Math.min(work(geometry) / tileFlops, 4 * mostTiles));
  const batchParts = rowParts * panelParts > 1 ? batch : Math.ceil(batch / Math.ceil(batch / wanted));
  const readsRows = bColumn === 4 && bStep >= 0;
  const readsFewTimes = m <= 2 * mr || kc * bStep <= 4 * panelElements;
  const isRepeated = geometry.batchShape.some((size, d) => size > 1 && geometry.bBatch[d] === 0);
  const b = readsRows && readsFewTimes ? 'in place' : rowParts === 1 && !isRepeated ? 'in scratch' : 'shared';
  return { mr, nr, kc, panels, batchParts, rowParts, panelParts, packsA, b };
}

/** Operations, and writing an element of the output as so many. */
function work({ batch, m, n, k }: Geometry): number {
  return 2 * batch * m * n * (k + 8);
}

/** Cuts every product in powers of two, until there are about 64 tiles or the tiles are small. */
function cut(
  geometry: Geometry,
  { mr, nr, panels, packsA }: Pick<Blocking, 'mr' | 'nr' | 'panels' | 'packsA'>,
): Pick<Blocking, 'rowParts' | 'panelParts'> {
  const { batch, m, n } = geometry;
  const blocks = Math.ceil(m / mr);
  const wanted = Math.min(work(geometry) / tileFlops, mostTiles);
  let [rowParts, panelParts] = [1, 1];
  while (m / rowParts > tileRows) rowParts *= 2;
  while ((panels * nr) / panelParts > tileColumns) panelParts *= 2;
  while (2 * batch * rowParts * panelParts <= wanted) {
    const [rows, columns] = [m / rowParts, n / panelParts];
    const isScarce = batch * rowParts * panelParts < fewTiles;
    // A panel of B packed by a tile serves all its rows, so up to 128 stay together; packed rows of A serve all its columns.
    const rowsFit = 2 * rowParts <= blocks && (isScarce || (m > tileRows && rows >= 16 * mr));
    const panelsFit = 2 * panelParts <= panels && (isScarce || !packsA);
    if (rowsFit && (packsA || !panelsFit || (m > tileRows && rows >= columns))) rowParts *= 2;
    else if (panelsFit) panelParts *= 2;
    else break;
  }
  return { rowParts, panelParts };
}
