// Values that are computed from where an element stands: 0, 1, 2 …, and random numbers. Random bits are Threefry-2x32 with
// 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a block cipher of (key, position), so
// that a number depends on its seed and position alone, not on threads, tiles or what was drawn before.

import { type Expr, type FunctionBuilder, f32x4, i32x4, type Local, v128 } from '@treadle/wasm';
import { ShapeError } from '../errors.ts';
import { applyOp, type Node } from '../node.ts';
import type { LaneOp } from '../op.ts';
import { checkShape, type Shape, showShape } from '../shape.ts';
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
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

function rotateLeft(x: Expr<'i32x4'>, bits: number): Expr<'i32x4'> {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

/** Threefry-2x32-20 of counter (c0, c1) under key (k0, k1): two words of 32 random bits for every lane. */
export function threefry(
  f: FunctionBuilder,
  key: readonly [Expr<'i32x4'>, Expr<'i32x4'>],
  counter: readonly [Expr<'i32x4'>, Expr<'i32x4'>],
): readonly [Local<'i32x4'>, Local<'i32x4'>] {
  const k0 = f.let(key[0]);
  const k1 = f.let(key[1]);
  const schedule = [k0, k1, f.let(v128.xor(v128.xor(k0, k1), i32x4.const(parity)))] as const;
  const x0 = f.let(i32x4.add(counter[0], k0));
  const x1 = f.let(i32x4.add(counter[1], k1));
  for (let group = 0; group < 5; group++) {
    for (const bits of rotations[group % 2] ?? []) {
      f.set(x0, i32x4.add(x0, x1));
      f.set(x1, v128.xor(rotateLeft(x1, bits), x0));
    }
    f.set(x0, i32x4.add(x0, schedule[(group + 1) % 3] ?? k0));
    f.set(x1, i32x4.add(x1, i32x4.add(schedule[(group + 2) % 3] ?? k0, group + 1)));
  }
  return [x0, x1];
}

/** Uniform numbers in [0, 1), multiples of 2⁻²⁴: the high bits of word `stream` (0 or 1) of the cipher at (position, 0). */
function uniformOp(stream: 0 | 1): LaneOp {
  return {
    kind: 'lane',
    name: 'randomUniform',
    key: `randomUniform ${stream}`,
    cost: 3,
    indexed: true,
    lane: (f, x) => {
      const words = threefry(f, [x.int(0), x.int(1)], [x.index(), i32x4.const(0)]);
      return f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(words[stream], 8)), 2 ** -24);
    },
    gradient: () => [],
  };
}
const streams = [uniformOp(0), uniformOp(1)] as const;

/** Uniform in [0, 1), float32; `seed` and `counter` are 0-d int32, `stream` picks one of two independent sequences. */
export function uniform01(shape: Shape, seed: Node, counter: Node, stream: 0 | 1 = 0): Node {
  return uniformNumbers('uniform01', shape, seed, counter, stream);
}

/** The same for the op that is named in errors. */
export function uniformNumbers(op: string, shape: Shape, seed: Node, counter: Node, stream: 0 | 1): Node {
  const key = [seed, counter].map((word) => requireDtype(op, word, 'int32'));
  const wrong = key.find((word) => word.shape.length > 0);
  if (wrong)
    throw new ShapeError(`${op}: seed and counter must be single numbers; got shape ${showShape(wrong.shape)}`);
  return applyOp(streams[stream], key, checkShape(op, shape), 'float32');
}
