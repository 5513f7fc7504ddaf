// Kernels as one, tile by tile: what a tile of the first writes, the same tile of the next one reads while it is in a near cache,
// and no thread waits for another between them. A buffer that only they touch is kept for one tile at a time, in the scratch of
// the thread, and never reaches memory: its base address is such that the part of the tile lies there.

import { type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { plus, times } from '../elementwise/vector-io.ts';
import type { Kernel, Slot, Word, Work } from './kernel.ts';

/** Vectors may be read so many bytes beyond the end of a buffer. */
const overread = 128;

/**
 * The kernels in their order, cut into so many tiles, which divides the tiles of each. What one of them writes and another
 * touches must be `inParts` of both; `own`: what only they touch, and how many bytes it would have.
 */
export function chainKernels(kernels: readonly Kernel[], tiles: number, own: ReadonlyMap<Slot, number>): Kernel {
  const windows = kernels.map(({ window = [] }) => window);
  const begins = windows.map((_, i) => windows.slice(0, i).flat().length);
  const all = windows.flat();
  const outside = (slots: readonly Slot[]): Slot[] => [...new Set(slots)].filter((slot) => !own.has(slot));
  const most = align(Math.max(...kernels.map(({ scratch }) => scratch)));
  const rooms = roomsOf(own, tiles, most + align(4 * all.length));
  const words = all.map((word): Word | Room =>
    typeof word === 'number' ? word : (rooms.places.get(word.slot) ?? word),
  );
  const name = kernels.map((kernel) => kernel.name).join(' → ');
  const codes = kernels.map((kernel, i) => `${begins[i]} ${kernel.tiles} ${kernel.codeKey}`);
  const owned = words.flatMap((word, i) => (isRoom(word) ? [`${i} at ${word.begin} of ${word.bytes}`] : []));
  return {
    name,
    tiles,
    cost: kernels.reduce((sum, { cost }) => sum + cost, 0),
    scratch: rooms.end,
    reads: outside(kernels.flatMap(({ reads }) => reads)),
    writes: outside(kernels.flatMap(({ writes }) => writes)),
    work: workOf(kernels, own),
    window: words.map((word) => (isRoom(word) ? 0 : word)),
    codeKey: `${tiles} of ${codes.join(' → ')}, own ${owned}`,
    emit: (module) => {
      const parts = kernels.map((kernel) => ({ func: kernel.emit(module), count: kernel.tiles / tiles }));
      return module.func(
        name,
        ['i32', 'i32', 'i32'],
        'void',
        (f, given, scratch, tile) => {
          const window = owned.length === 0 ? given : f.let(plus(scratch, most));
          if (owned.length > 0) writeWindow(f, words, given, window, scratch, tile);
          parts.forEach(({ func, count }, i) => {
            const begin = f.let(plus(window, 4 * (begins[i] ?? 0)));
            const at = f.let(times(tile, count));
            const end = f.let(plus(at, count));
            f.loop((again) => {
              f.do(f.call(func, begin, scratch, at));
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

/** Where a tile's part of a buffer lies in scratch, and how long it is. */
interface Room {
  readonly begin: number;
  readonly bytes: number;
}

function isRoom(word: Word | Room): word is Room {
  return typeof word !== 'number' && 'begin' in word;
}

function align(bytes: number): number {
  return 64 * Math.ceil(bytes / 64);
}

/** One room behind the other from `begin` on. */
function roomsOf(
  own: ReadonlyMap<Slot, number>,
  tiles: number,
  begin: number,
): { readonly places: ReadonlyMap<Slot, Room>; readonly end: number } {
  const places = new Map<Slot, Room>();
  let end = begin;
  for (const [slot, length] of own) {
    const bytes = length / tiles;
    places.set(slot, { begin: end, bytes });
    end += align(bytes + overread);
  }
  return { places, end };
}

/** The words of the window that is given, with buffers in scratch where they have to begin for the tile to find its part. */
function writeWindow(
  f: FunctionBuilder,
  words: readonly (Word | Room)[],
  given: Expr<'i32'>,
  window: Expr<'i32'>,
  scratch: Expr<'i32'>,
  tile: Expr<'i32'>,
): void {
  words.forEach((word, i) => {
    const at = isRoom(word) ? i32.sub(plus(scratch, word.begin), times(tile, word.bytes)) : i32.load(given, 4 * i);
    f.do(i32.store(window, at, 4 * i));
  });
}

/** What a kernel finds in a cache counts once, for the kernel that brought it there. */
function workOf(kernels: readonly Kernel[], own: ReadonlyMap<Slot, number>): Work {
  const near = new Set<Slot>();
  let [bytesRead, bytesWritten] = [0, 0];
  for (const { reads, writes, work, inParts } of kernels) {
    const found = reads.filter((slot) => near.has(slot));
    bytesRead += work.bytesRead - found.reduce((sum, slot) => sum + (inParts?.get(slot) ?? 0), 0);
    bytesWritten += work.bytesWritten - writes.reduce((sum, slot) => sum + (own.get(slot) ?? 0), 0);
    for (const slot of [...reads, ...writes]) if (inParts?.has(slot)) near.add(slot);
  }
  return {
    kind: 'sequence',
    ops: kernels.flatMap(({ work }) => work.ops),
    shape: kernels[0]?.work.shape ?? [],
    flops: kernels.reduce((sum, { work }) => sum + work.flops, 0),
    bytesRead,
    bytesWritten,
  };
}
