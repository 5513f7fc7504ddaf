// Values that are computed from where an element stands: 0, 1, 2 …, and random numbers. Random bits are Threefry-2x32 with
// 13 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011: the fewest that pass BigCrush): a block
// cipher of (key, counter), the counter made from the position, so that a number depends on its seed and position alone, not
// on threads, tiles or what was drawn before.

import { normalPair, quarterOf } from '@treadle/kernels';
import { type Expr, type FunctionBuilder, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { ShapeError } from '../../calls/errors.ts';
import { applyOp, type Node } from '../../node.ts';
import type { LaneOp } from '../../op.ts';
import { checkShape, type Shape, showShape } from '../../shape.ts';
import { widened } from './cast.ts';
import { requireDtype } from './lane.ts';

const indices: LaneOp = {
  kind: 'lane',
  name: 'arange',
  key: 'arange',
  cost: 0.1,
  indexed: true,
  lane: (_, x) => x.index(),
  gradient: () => [],
};

/** 0, 1, …, length − 1, int32. */
export function arange(length: number): Node {
  return applyOp(indices, [], checkShape('arange', [length]), 'int32');
}

/** The constant that the third word of the key schedule is made with. */
const parity = 0x1bd11bda;
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const rounds = 13;

function rotateLeft(x: Expr<'i32x4'>, bits: number): Expr<'i32x4'> {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

type Pair = readonly [Expr<'i32x4'>, Expr<'i32x4'>];

/** Threefry-2x32-13 of counter (c0, c1) under key (k0, k1): two words of 32 random bits for every lane. */
function threefry(f: FunctionBuilder, [k0, k1]: Pair, [c0, c1]: Pair): Pair {
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

/** What has been emitted for an index or a round, by key: other lanes of the same round read it again. */
type Emitted = WeakMap<object, { readonly key: Pair; readonly words: Pair }[]>;

function onceFor(emitted: Emitted, at: object, key: Pair, make: () => Pair): Pair {
  const known = emitted.get(at) ?? [];
  emitted.set(at, known);
  const found = known.find((one) => one.key.every(({ node }, i) => node === key[i]?.node));
  if (found) return found.words;
  const words = make();
  known.push({ key, words });
  return words;
}

/** What makes two results of the two words that the cipher has for a counter; a round of sixteen asks for them twice. */
interface Draw {
  /** where its counters begin: draws that begin 2²⁸ apart share none */
  readonly origin: number;
  results(f: FunctionBuilder, words: Pair): Pair;
  readonly emitted: readonly [Emitted, Emitted]; // h = 0, h = 1
}

function draw(origin: number, results: Draw['results']): Draw {
  return { origin, results, emitted: [new WeakMap(), new WeakMap()] };
}

/**
 * 32 bits of result for each position. Position 16·g + 8·w + 4·h + l has result w of the cipher at counter
 * (origin + 4·g + l, −h): sixteen neighbours take both results of eight counters.
 */
function drawn({ origin, results, emitted }: Draw, f: FunctionBuilder, key: Pair, i: Expr<'i32x4'>): Expr<'i32x4'> {
  const at = quarterOf(i);
  const made = (index: Expr<'i32x4'>, second: Expr<'i32x4'>): Pair => {
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
  const h = v128.and(i32x4.shr_u(i, 2), i32x4.const(1));
  const both = made(i, i32x4.neg(h));
  const isFirst = i32x4.eq(v128.and(i, i32x4.const(8)), i32x4.const(0));
  return v128.bitselect(both[0], both[1], isFirst);
}

/** The 24 high bits as a number in [0, 1). */
function unit(word: Expr<'i32x4'>): Expr<'f32x4'> {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), 2 ** -24);
}

function randomOp(name: string, cost: number, from: Draw, finish: (result: Expr<'i32x4'>) => Expr<'f32x4'>): LaneOp {
  return {
    kind: 'lane',
    name,
    key: name,
    cost,
    indexed: true,
    lane: (f, x) => finish(drawn(from, f, [x.int(0), x.int(1)], x.index())),
    gradient: () => [],
  };
}

const words = draw(0, (_, both) => both);
const uniform = randomOp('randomUniform', 0.8, words, unit);

const normals = draw(2 ** 28, (f, both) => {
  const [first, second] = normalPair(f, both);
  return [reinterpret('i32x4', first), reinterpret('i32x4', second)];
});
const normal = randomOp('randomNormal', 1.6, normals, (result) => reinterpret('f32x4', result));

function random(op: string, draw: LaneOp, shape: Shape, seed: Node, counter: Node): Node {
  const key = [seed, counter].map((word) => requireDtype(op, widened(word), 'int32'));
  const wrong = key.find((word) => word.shape.length > 0);
  if (wrong)
    throw new ShapeError(`${op}: seed and counter must be single numbers; got shape ${showShape(wrong.shape)}`);
  return applyOp(draw, key, checkShape(op, shape), 'float32');
}

/** Uniform in [0, 1), multiples of 2⁻²⁴, float32; `seed` and `counter` are 0-d int32. `op` is named in errors. */
export function uniform01(shape: Shape, seed: Node, counter: Node, op = 'uniform01'): Node {
  return random(op, uniform, shape, seed, counter);
}

/** Normal with mean 0 and variance 1, as is `normalPair`. */
export function normal01(shape: Shape, seed: Node, counter: Node, op: string): Node {
  return random(op, normal, shape, seed, counter);
}
