// Random tensors. A number depends on the seed, on how many random tensors were made since the seed was set, and on its place
// in the tensor: not on threads, nor on what else is computed.

import { recordingUnderWay } from '@treadle/compiler';
import {
  checkOutsideLoop,
  type Node,
  numberNode,
  type OptionKinds,
  ops,
  readOptions,
  type Shape,
  show,
  sourceNode,
} from '@treadle/graph';
import { Tensor } from './tensor.ts';

let seed = Math.floor(2 ** 31 * Math.random()); // node:crypto would take longer to load than many models to build
let drawn = 0;

/** Starts the sequence of random tensors anew; equal seeds give equal numbers. */
export function setSeed(n: number): void {
  checkSeed('setSeed', n);
  seed = n;
  drawn = 0;
}

function checkSeed(op: string, n: number): void {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32) {
    throw new RangeError(`${op}: a seed must be a whole number from 0 to 2³² − 1; got ${show(n)}`);
  }
}

/**
 * What a function that is recorded draws. Every run draws all of it in the order in which the function does, whatever order the
 * plan asks in, so that a compiled function draws what it would draw uncompiled.
 */
class Draws {
  readonly #recording: object;
  /** without those that were made while the function was recorded, for a variable to begin with */
  readonly #draws: ((() => number) | undefined)[] = [];
  readonly #taken = new Set<number>();
  #values: readonly (number | undefined)[] = [];

  constructor(recording: object) {
    this.#recording = recording;
  }

  /** Adds a draw; what is returned gives its number, once in every run. */
  add(draw: () => number): () => number {
    const at = this.#draws.push(draw) - 1;
    return () => {
      if (recordingUnderWay() === this.#recording) {
        this.#draws[at] = undefined;
        return draw();
      }
      // a number that is asked for again is that of the next run
      if (this.#taken.size === 0 || this.#taken.has(at)) {
        this.#values = this.#draws.map((each) => each?.());
        this.#taken.clear();
      }
      this.#taken.add(at);
      return this.#values[at] ?? 0;
    };
  }
}

/** By what is recorded. */
const recorded = new WeakMap<object, Draws>();

/** A number drawn now, or in a function that is recorded at every run. */
function drawnWord(draw: () => number): Node {
  const recording = recordingUnderWay();
  if (!recording) return numberNode(draw(), 'int32');
  const draws = recorded.get(recording) ?? new Draws(recording);
  recorded.set(recording, draws);
  return sourceNode({ kind: 'drawn', draw: draws.add(draw) }, [], 'int32', { recording });
}

/** The two words of the key of the next random tensor. */
function nextKey(op: string, own: Seed | undefined): readonly [Node, Node] {
  checkOutsideLoop('a step must not draw random numbers', 'draw those of all steps before, and pass them in xs');
  if (own === undefined) return [drawnWord(() => seed | 0), drawnWord(() => drawn++)];
  const word = (given: number): number => {
    checkSeed(op, given);
    return given | 0;
  };
  const first = typeof own === 'function' ? drawnWord(() => word(own())) : numberNode(word(own), 'int32');
  return [first, numberNode(-1, 'int32')];
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

const normalOptions: OptionKinds<NormalOptions> = { mean: 'number', stddev: 'number', seed: 'any' };

/** Normally distributed float32. */
export function randomNormal(shape: Shape, options: NormalOptions = {}): Tensor {
  const { mean = 0, stddev = 1, seed: own } = readOptions('randomNormal', options, normalOptions);
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

const uniformOptions: OptionKinds<UniformOptions> = { min: 'number', max: 'number', seed: 'any' };

/** Uniformly distributed float32 in [min, max). */
export function randomUniform(shape: Shape, options: UniformOptions = {}): Tensor {
  const { min = 0, max = 1, seed: own } = readOptions('randomUniform', options, uniformOptions);
  const [word0, word1] = nextKey('randomUniform', own);
  return new Tensor(ops.randomUniform(shape, word0, word1, min, max));
}
