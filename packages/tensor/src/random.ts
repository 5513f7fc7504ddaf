// Random tensors. A number depends on the seed, on how many random tensors were made since the seed was set, and on its place
// in the tensor: not on threads, nor on what else is computed.

import { randomInt } from 'node:crypto';
import { isRecording } from '@treadle/compiler';
import { type Node, numberNode, ops, type Shape, sourceNode } from '@treadle/graph';
import { Tensor } from './tensor.ts';

let seed = randomInt(2 ** 31);
let drawn = 0;

/** Starts the sequence of random tensors anew; equal seeds give equal numbers. */
export function setSeed(n: number): void {
  checkSeed('setSeed', n);
  seed = n;
  drawn = 0;
}

function checkSeed(op: string, n: number): void {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32) {
    throw new RangeError(`${op}: a seed must be a whole number from 0 to 2³² − 1; got ${n}`);
  }
}

/**
 * The two words of the key of the next random tensor. While a function is recorded they are drawn at every run of the plan,
 * so that a compiled function draws what it would draw uncompiled.
 */
function nextKey(op: string, own: Seed | undefined): readonly [Node, Node] {
  if (typeof own === 'function') {
    const draw = (): number => {
      const drawnSeed = own();
      checkSeed(op, drawnSeed);
      return drawnSeed | 0;
    };
    const word = isRecording() ? sourceNode({ kind: 'drawn', draw }, [], 'int32') : numberNode(draw(), 'int32');
    return [word, numberNode(-1, 'int32')];
  }
  if (own !== undefined) {
    checkSeed(op, own);
    return [numberNode(own | 0, 'int32'), numberNode(-1, 'int32')];
  }
  if (!isRecording()) return [numberNode(seed | 0, 'int32'), numberNode(drawn++, 'int32')];
  return [
    sourceNode({ kind: 'drawn', draw: () => seed | 0 }, [], 'int32'),
    sourceNode({ kind: 'drawn', draw: () => drawn++ }, [], 'int32'),
  ];
}

/** A seed, or a function that gives one for every draw: in a compiled function for every run. */
export type Seed = number | (() => number);

export interface NormalOptions {
  /** 0 by default */
  readonly mean?: number;
  /** 1 by default */
  readonly stddev?: number;
  /** numbers that depend on this seed alone */
  readonly seed?: Seed;
}

/** Normally distributed float32. */
export function randomNormal(shape: Shape, { mean = 0, stddev = 1, seed: own }: NormalOptions = {}): Tensor {
  const [word0, word1] = nextKey('randomNormal', own);
  return new Tensor(ops.randomNormal(shape, word0, word1, mean, stddev));
}

export interface UniformOptions {
  /** 0 by default */
  readonly min?: number;
  /** 1 by default; not reached */
  readonly max?: number;
  /** numbers that depend on this seed alone */
  readonly seed?: Seed;
}

/** Uniformly distributed float32 in [min, max). */
export function randomUniform(shape: Shape, { min = 0, max = 1, seed: own }: UniformOptions = {}): Tensor {
  const [word0, word1] = nextKey('randomUniform', own);
  return new Tensor(ops.randomUniform(shape, word0, word1, min, max));
}
