// Several kernels as one, tile by tile: what a tile of the first kernel writes, the same tile of the next kernel reads while it
// is in a near cache, and no thread waits for another between them. A buffer that only these kernels touch never reaches memory:
// each tile keeps its part of it in the scratch of its thread, and the base address is set so that the part lies there.

import { type Address, address, type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { plus, times } from './arithmetic.ts';
import { type Kernel, kernelFunc, type Slot, type Word, type Work } from './kernel.ts';

/** Vectors may be read this many bytes beyond the end of a buffer. */
const overread = 128;

/**
 * The kernels one after the other, cut into `tiles` tiles; `tiles` divides the number of tiles of each kernel. What one of them
 * writes and another touches must be `inParts` of both. `own`: the buffers that only they touch, with their bytes.
 */
export function chainKernels(kernels: readonly Kernel[], tiles: number, own: ReadonlyMap<Slot, number>): Kernel {
  const addressLists = kernels.map(({ addressList = [] }) => addressList);
  const begins = addressLists.map((_, i) => addressLists.slice(0, i).flat().length);
  const all = addressLists.flat();
  const outside = (slots: readonly Slot[]): Slot[] => [...new Set(slots)].filter((slot) => !own.has(slot));
  const most = align(Math.max(...kernels.map(({ scratch }) => scratch)));
  const layout = layoutOf(own, tiles, most + align(address.bytes * all.length));
  const words = all.map((word): Word | Span =>
    typeof word === 'number' ? word : (layout.spans.get(word.slot) ?? word),
  );
  const name = kernels.map((kernel) => kernel.name).join(' → ');
  const codes = kernels.map((kernel, i) => `${begins[i]} ${kernel.tiles} ${kernel.codeKey}`);
  const owned = words.flatMap((word, i) => (isSpan(word) ? [`${i} at ${word.begin} of ${word.bytes}`] : []));
  return {
    name,
    tiles,
    cost: kernels.reduce((sum, { cost }) => sum + cost, 0),
    scratch: layout.end,
    reads: outside(kernels.flatMap(({ reads }) => reads)),
    writes: outside(kernels.flatMap(({ writes }) => writes)),
    work: workOf(kernels, own),
    addressList: words.map((word) => (isSpan(word) ? 0 : word)),
    codeKey: `${tiles} of ${codes.join(' → ')}, own ${owned}`,
    emit: (module) => {
      const parts = kernels.map((kernel) => ({ func: kernel.emit(module), count: kernel.tiles / tiles }));
      return kernelFunc(module, name, (f, given, scratch, tile) => {
        const addressList = owned.length === 0 ? given : f.let(plus(scratch, most));
        if (owned.length > 0) writeAddresses(f, words, given, addressList, scratch, tile);
        parts.forEach(({ func, count }, i) => {
          const begin = f.let(plus(addressList, address.bytes * (begins[i] ?? 0)));
          const at = f.let(times(tile, count));
          const end = f.let(plus(at, count));
          f.loop((again) => {
            f.do(f.call(func, begin, scratch, at));
            f.increment(at, 1);
            f.brIf(again, i32.lt_s(at, end));
          });
        });
      });
    },
  };
}

/** The part of scratch that holds a tile's part of a buffer. */
interface Span {
  readonly begin: number;
  readonly bytes: number;
}

function isSpan(word: Word | Span): word is Span {
  return typeof word !== 'number' && 'begin' in word;
}

function align(bytes: number): number {
  return 64 * Math.ceil(bytes / 64);
}

/** A span for each buffer, one behind the other from `begin` on. */
function layoutOf(
  own: ReadonlyMap<Slot, number>,
  tiles: number,
  begin: number,
): { readonly spans: ReadonlyMap<Slot, Span>; readonly end: number } {
  const spans = new Map<Slot, Span>();
  let end = begin;
  for (const [slot, length] of own) {
    const bytes = length / tiles;
    spans.set(slot, { begin: end, bytes });
    end += align(bytes + overread);
  }
  return { spans, end };
}

/** Copies the address list that is given; buffers in scratch get the base address from which the tile finds its part. */
function writeAddresses(
  f: FunctionBuilder,
  words: readonly (Word | Span)[],
  given: Address,
  addressList: Address,
  scratch: Address,
  tile: Expr<'i32'>,
): void {
  words.forEach((word, i) => {
    const at = isSpan(word)
      ? address.sub(plus(scratch, word.begin), address.times(tile, word.bytes))
      : address.load(given, address.bytes * i);
    f.do(address.store(addressList, at, address.bytes * i));
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
