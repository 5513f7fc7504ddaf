// Laws of the memory and its free list, on random sequences of allocations and frees.

import { type Block, memory } from '@treadle/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator } from '../../packages/runtime/dist/memory/allocator.js';

const bytes = fc.oneof(
  fc.nat(300),
  fc.nat(100_000),
  fc.nat(40).map((n) => 64 * n),
);
/** Allocate a number of bytes, or free one of the blocks held. */
const moves = fc.array(
  fc.oneof(
    bytes.map((n) => ({ bytes: n })),
    fc.nat().map((n) => ({ free: n })),
  ),
  { maxLength: 200 },
);
const heapBytes = 1 << 20;

/** Plays the moves on a heap that grows when it is full; calls `check` after each. */
function play(
  sequence: readonly ({ bytes: number } | { free: number })[],
  check: (heap: Allocator, held: readonly Block[], size: number) => void,
): { heap: Allocator; held: Block[]; size: number } {
  const heap = new Allocator(64);
  const held: Block[] = [];
  let size = 0;
  for (const move of sequence) {
    if ('free' in move) {
      const [block] = held.splice(move.free % Math.max(1, held.length), 1);
      if (block) heap.free(block);
    } else {
      let block = heap.allocate(move.bytes);
      if (!block) {
        heap.extend(heapBytes);
        size += heapBytes;
        block = heap.allocate(move.bytes);
      }
      if (!block) throw new Error(`no block of ${move.bytes} bytes in ${size}`);
      held.push(block);
    }
    check(heap, held, size);
  }
  return { heap, held, size };
}

const roundUp = (n: number) => Math.max(64, 64 * Math.ceil(n / 64));
const byAddress = (a: Block, b: Block) => a.byteOffset - b.byteOffset;

describe('the free list', () => {
  test('blocks are aligned, long enough, inside the heap and never overlap', () => {
    fc.assert(
      fc.property(moves, (sequence) => {
        const { held, size } = play(sequence, () => {});
        let end = 64;
        for (const { byteOffset, byteLength } of held.sort(byAddress)) {
          expect(byteOffset % 64).toBe(0);
          expect(byteOffset).toBeGreaterThanOrEqual(end);
          end = byteOffset + roundUp(byteLength);
        }
        expect(end).toBeLessThanOrEqual(64 + size);
      }),
    );
  });

  test('used and free bytes are all bytes, and no two free ranges touch', () => {
    fc.assert(
      fc.property(moves, (sequence) => {
        play(sequence, (heap, held, size) => {
          const used = held.reduce((sum, block) => sum + roundUp(block.byteLength), 0);
          expect(heap.bytesInUse).toBe(used);
          const free = heap.freeRanges;
          expect(used + free.reduce((sum, range) => sum + range.byteLength, 0)).toBe(size);
          free.forEach((range, i) => {
            const next = free[i + 1];
            if (next) expect(range.byteOffset + range.byteLength).toBeLessThan(next.byteOffset);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  test('once everything is freed, in any order, nothing is in use and one range is free', () => {
    fc.assert(
      fc.property(moves, fc.infiniteStream(fc.nat()), (sequence, picks) => {
        const { heap, held, size } = play(sequence, () => {});
        while (held.length > 0) {
          const [block] = held.splice((picks.next().value ?? 0) % held.length, 1);
          if (block) heap.free(block);
        }
        expect(heap.bytesInUse).toBe(0);
        expect(heap.freeRanges).toEqual(size > 0 ? [{ byteOffset: 64, byteLength: size }] : []);
      }),
    );
  });

  test('the same sizes over and over come from the same bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 30 }), fc.infiniteStream(fc.nat()), (sizes, picks) => {
        const heap = new Allocator(0);
        heap.extend(64 * 1024 * 1024);
        const round = () => {
          const held = sizes.map((n) => heap.allocate(n));
          const top = Math.max(
            ...held.map((block) => (block ? block.byteOffset + roundUp(block.byteLength) : Infinity)),
          );
          while (held.length > 0) {
            const [block] = held.splice((picks.next().value ?? 0) % held.length, 1);
            if (block) heap.free(block);
          }
          return top;
        };
        const first = round();
        for (let i = 0; i < 10; i++) expect(round()).toBe(first);
      }),
      { numRuns: 50 },
    );
  });

  test('a block that does not fit is refused and changes nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 33 }), (units, more) => {
        const heap = new Allocator(0);
        heap.extend(64 * units);
        expect(heap.allocate(64 * units + more)).toBeUndefined();
        expect(heap.bytesInUse).toBe(0);
        expect(heap.allocate(64 * units)?.byteOffset).toBe(0);
      }),
    );
  });
});

describe('the memory', () => {
  test('views follow growth, and what was written stays', () => {
    const small = memory.allocate(4);
    const before = memory.f32;
    before[small.byteOffset / 4] = 1.5;
    const reserved = memory.bytesReserved;
    const large = memory.allocate(reserved + 1);
    expect(memory.bytesReserved).toBeGreaterThan(reserved);
    for (const view of [memory.f32, memory.i32, memory.u8]) expect(view.byteLength).toBe(memory.bytesReserved);
    expect(memory.f32[small.byteOffset / 4]).toBe(1.5);
    memory.f32[small.byteOffset / 4] = 2.5;
    expect(before[small.byteOffset / 4]).toBe(2.5);
    expect(memory.u8[large.byteOffset + large.byteLength - 1]).toBe(0);
    for (const block of [small, large]) memory.free(block);
  });

  test('every block is followed by 64 readable bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000_000), { maxLength: 20 }), (sizes) => {
        const blocks = sizes.map((n) => memory.allocate(n));
        for (const { byteOffset, byteLength } of blocks) {
          expect(byteOffset).toBeGreaterThan(0);
          expect(byteOffset + byteLength + 64).toBeLessThanOrEqual(memory.bytesReserved);
        }
        for (const block of blocks) memory.free(block);
      }),
      { numRuns: 20 },
    );
  });

  test('a block of no bytes has a place of its own', () => {
    const [a, b] = [memory.allocate(0), memory.allocate(0)];
    expect(a.byteLength).toBe(0);
    expect(a.byteOffset).not.toBe(b.byteOffset);
    for (const block of [a, b]) memory.free(block);
  });

  test('freeing twice is an internal error, also when the bytes have a new owner', () => {
    const old = memory.allocate(1000);
    memory.free(old);
    expect(() => memory.free(old)).toThrow(/^internal: free of a block that is not in use; got 1000 bytes/);
    const young = memory.allocate(1000);
    expect(young.byteOffset).toBe(old.byteOffset);
    expect(() => memory.free(old)).toThrow(/^internal:/);
    memory.free(young);
    expect(() => memory.free({ byteOffset: 64, byteLength: 8 })).toThrow(/^internal:/);
  });

  test('a full memory says what was asked for and what is in use, and stays as it is', () => {
    const held = memory.allocate(1 << 20);
    const { bytesInUse } = memory;
    for (const n of [2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(() => memory.allocate(n)).toThrow(RangeError);
      expect(() => memory.allocate(n)).toThrow(
        `memory: no room for ${n} bytes; ${bytesInUse} bytes are in use of the memory, which is at most ${2 ** 32} bytes`,
      );
    }
    expect(memory.bytesInUse).toBe(bytesInUse);
    memory.free(held);
  });

  test('a number of bytes is whole and not negative', () => {
    for (const n of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => memory.allocate(n)).toThrow(
        `memory: a block must have a whole number of bytes, 0 or more; got ${n}`,
      );
    }
  });

  test('grows up to 4 GiB less what the ends take', () => {
    const rest = 2 ** 32 - 128;
    const all = memory.allocate(rest);
    expect(memory.bytesReserved).toBe(2 ** 32);
    memory.u8[all.byteOffset + rest - 1] = 7;
    expect(memory.f32.length).toBe(2 ** 30);
    expect(() => memory.allocate(1)).toThrow(RangeError);
    memory.free(all);
  });
});
