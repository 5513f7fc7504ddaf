// Random numbers for every position of an array: uniform and normal. Random bits are Threefry-2x32 with 13 rounds (Salmon et al.,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011: the fewest rounds that pass BigCrush), a block cipher of (key, counter).
// The counter is made from the position, so a number depends only on its key and its position: not on threads, tiles or earlier
// draws.

import { type Expr, type FunctionBuilder, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { quarterOf } from '../elementwise/index-block.ts';
import { normalPair } from './normal.ts';

/** Two words of 32 bits in each lane: a key, a counter, or a result of the cipher. */
export type WordPair = readonly [Expr<'i32x4'>, Expr<'i32x4'>];

/** The constant from which the third word of the key schedule is made. */
const parity = 0x1bd11bda;
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const rounds = 13;

function rotateLeft(x: Expr<'i32x4'>, bits: number): Expr<'i32x4'> {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

/** Threefry-2x32-13 of counter (c0, c1) under key (k0, k1): two words of 32 random bits in each lane. */
function threefry(f: FunctionBuilder, [k0, k1]: WordPair, [c0, c1]: WordPair): WordPair {
  const schedule = [k0, k1, f.let(v128.xor(v128.xor(k0, k1), i32x4.const(parity)))] as const;
  const x0 = f.let(i32x4.add(c0, k0));
  const x1 = f.let(i32x4.add(c1, k1));
  for (let round = 0; round < rounds; round++) {
    f.set(x0, i32x4.add(x0, x1));
    f.set(x1, v128.xor(rotateLeft(x1, rotations[round % 8] ?? 0), x0));
    if (round % 4 < 3) continue;
    const group = (round + 1) / 4;
    f.set(x0, i32x4.add(x0, schedule[group % 3] ?? k0));
    f.set(x1, i32x4.add(x1, i32x4.add(schedule[(group + 1) % 3] ?? k0, group)));
  }
  return [x0, x1];
}

/** Results that have been emitted for a block of sixteen positions, by key: other lanes of the block read them again. */
type Emitted = WeakMap<object, { readonly key: WordPair; readonly words: WordPair }[]>;

function onceFor(emitted: Emitted, block: object, key: WordPair, make: () => WordPair): WordPair {
  const known = emitted.get(block) ?? [];
  emitted.set(block, known);
  const found = known.find((one) => one.key.every(({ node }, i) => node === key[i]?.node));
  if (found) return found.words;
  const words = make();
  known.push({ key, words });
  return words;
}

/** How two results are made from the two words that the cipher gives for a counter; a block of sixteen asks for them twice. */
interface Draw {
  /** the first counter: draws whose origins are 2²⁸ apart share no counter */
  readonly origin: number;
  results(f: FunctionBuilder, words: WordPair): WordPair;
  readonly emitted: readonly [Emitted, Emitted]; // h = 0, h = 1
}

function draw(origin: number, results: Draw['results']): Draw {
  return { origin, results, emitted: [new WeakMap(), new WeakMap()] };
}

/**
 * 32 bits of result for each position. Position 16·g + 8·w + 4·h + l has result w of the cipher at counter
 * (origin + 4·g + l, −h): sixteen neighbours take both results of eight counters.
 */
function drawn(
  { origin, results, emitted }: Draw,
  f: FunctionBuilder,
  key: WordPair,
  positions: Expr<'i32x4'>,
): Expr<'i32x4'> {
  const at = quarterOf(positions);
  const made = (index: Expr<'i32x4'>, second: Expr<'i32x4'>): WordPair => {
    const low = v128.or(i32x4.shl(i32x4.shr_u(index, 4), 2), v128.and(index, i32x4.const(3)));
    const first = f.let(origin === 0 ? low : v128.or(low, i32x4.const(origin)));
    return results(f, threefry(f, key, [first, second]));
  };
  if (at) {
    const { block, quarter } = at;
    const [h, w] = [quarter === 1 || quarter === 3 ? 1 : 0, quarter >> 1] as const;
    const both = onceFor(emitted[h], block, key, () => made(block.first, i32x4.const(h === 0 ? 0 : -1)));
    return both[w] ?? both[0];
  }
  const h = v128.and(i32x4.shr_u(positions, 2), i32x4.const(1));
  const both = made(positions, i32x4.neg(h));
  const isFirst = i32x4.eq(v128.and(positions, i32x4.const(8)), i32x4.const(0));
  return v128.bitselect(both[0], both[1], isFirst);
}

const words = draw(0, (_, both) => both);

const normals = draw(2 ** 28, (f, both) => {
  const [first, second] = normalPair(f, both);
  return [reinterpret('i32x4', first), reinterpret('i32x4', second)];
});

/** Uniform in [0, 1), multiples of 2⁻²⁴, at row-major positions; the same key and position always give the same number. */
export function randomUniform(f: FunctionBuilder, key: WordPair, positions: Expr<'i32x4'>): Expr<'f32x4'> {
  const word = drawn(words, f, key, positions);
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), 2 ** -24);
}

/** Normal with mean 0 and variance 1 (see normal.ts), at row-major positions. */
export function randomNormal(f: FunctionBuilder, key: WordPair, positions: Expr<'i32x4'>): Expr<'f32x4'> {
  return reinterpret('f32x4', drawn(normals, f, key, positions));
}
