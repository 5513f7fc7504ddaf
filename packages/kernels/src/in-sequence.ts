// Kernels as one, tile by tile: what a tile of the first writes, the same tile of the next one reads while it is in a near cache,
// and no thread waits for another between them.

import { i32 } from '@treadle/wasm';
import type { Kernel, Slot, Work } from './kernel.ts';
import { plus, times } from './lane.ts';

/**
 * The kernels in their order, cut into so many tiles, which divides the tiles of each. What one of them writes and another
 * touches must be `inParts` of both.
 */
export function inSequence(kernels: readonly Kernel[], tiles: number): Kernel {
  const windows = kernels.map(({ window = [] }) => window);
  const begins = windows.map((_, i) => windows.slice(0, i).flat().length);
  const distinct = (slots: readonly Slot[]): Slot[] => [...new Set(slots)];
  const name = kernels.map((kernel) => kernel.name).join(' → ');
  return {
    name,
    tiles,
    cost: kernels.reduce((sum, { cost }) => sum + cost, 0),
    scratch: Math.max(...kernels.map(({ scratch }) => scratch)),
    reads: distinct(kernels.flatMap(({ reads }) => reads)),
    writes: distinct(kernels.flatMap(({ writes }) => writes)),
    work: workOf(kernels),
    window: windows.flat(),
    codeKey: `${tiles} of ${kernels.map((kernel, i) => `${begins[i]} ${kernel.tiles} ${kernel.codeKey}`).join(' → ')}`,
    inParts: new Map(kernels.flatMap(({ inParts = [] }) => [...inParts])),
    emit: (module) => {
      const parts = kernels.map((kernel) => ({ func: kernel.emit(module), count: kernel.tiles / tiles }));
      return module.func(
        name,
        ['i32', 'i32', 'i32'],
        'void',
        (f, window, scratch, tile) => {
          parts.forEach(({ func, count }, i) => {
            const own = f.let(plus(window, 4 * (begins[i] ?? 0)));
            const at = f.let(times(tile, count));
            const end = f.let(plus(at, count));
            f.loop((again) => {
              f.do(f.call(func, own, scratch, at));
              f.increment(at, 1);
              f.brIf(again, i32.lt_s(at, end));
            });
          });
        },
        { exported: false },
      );
    },
  };
}

/** What a kernel finds in a cache counts once, for the kernel that brought it there. */
function workOf(kernels: readonly Kernel[]): Work {
  const near = new Set<Slot>();
  let bytesRead = 0;
  for (const { reads, writes, work, inParts } of kernels) {
    const found = reads.filter((slot) => near.has(slot));
    bytesRead += work.bytesRead - found.reduce((sum, slot) => sum + 4 * (inParts?.get(slot) ?? 0), 0);
    for (const slot of [...reads, ...writes]) if (inParts?.has(slot)) near.add(slot);
  }
  return {
    kind: 'sequence',
    ops: kernels.flatMap(({ work }) => work.ops),
    shape: kernels[0]?.work.shape ?? [],
    flops: kernels.reduce((sum, { work }) => sum + work.flops, 0),
    bytesRead,
    bytesWritten: kernels.reduce((sum, { work }) => sum + work.bytesWritten, 0),
  };
}
