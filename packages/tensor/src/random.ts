// Random tensors. A random number depends on the seed, on how many random tensors were drawn since the seed was set, and on its
// position in the tensor. It does not depend on threads, nor on what else is computed.

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

/**
 * Restarts the sequence of random tensors from a seed: equal seeds give equal numbers. Without it the sequence differs from run to
 * run of a program.
 *
 * @throws RangeError unless the seed is a whole number from 0 to 2³² − 1.
 * @example
 * ```ts
 * import { randomUniform, setSeed } from 'treadle';
 * setSeed(1);
 * const first = randomUniform([3]);
 * setSeed(1);
 * randomUniform([3]).equal(first).all(); // → 1
 * ```
 */
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
 * The draws of a function that is recorded. Every run makes all of them in the order in which the function makes them, in whatever
 * order the plan asks for them. So a compiled function draws the same numbers as it would uncompiled.
 */
class Draws {
  readonly #recording: object;
  /** in order; undefined for a draw that was used up while the function was recorded, by the initial value of a variable */
  readonly #draws: ((() => number) | undefined)[] = [];
  readonly #taken = new Set<number>();
  #values: readonly (number | undefined)[] = [];

  constructor(recording: object) {
    this.#recording = recording;
  }

  /** Adds a draw; the function returned gives its number in each run. */
  add(draw: () => number): () => number {
    const at = this.#draws.push(draw) - 1;
    return () => {
      if (recordingUnderWay() === this.#recording) {
        this.#draws[at] = undefined;
        return draw();
      }
      // A number that is asked for again belongs to the next run.
      if (this.#taken.size === 0 || this.#taken.has(at)) {
        this.#values = this.#draws.map((each) => each?.());
        this.#taken.clear();
      }
      this.#taken.add(at);
      return this.#values[at] ?? 0;
    };
  }
}

/** by recording */
const recorded = new WeakMap<object, Draws>();

/** A number that is drawn now, or, in a function that is recorded, at every run. */
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

/** A seed, or a function that gives one for each draw: in a compiled function, for each run. */
export type Seed = number | (() => number);

/** Options of randomNormal. */
export interface NormalOptions {
  /** the mean; 0 by default */
  readonly mean?: number;
  /** the standard deviation; 1 by default */
  readonly stddev?: number;
  /** with it, the numbers depend on this seed alone, not on setSeed nor on earlier draws */
  readonly seed?: Seed;
}

const normalOptions: OptionKinds<NormalOptions> = { mean: 'number', stddev: 'number', seed: 'any' };

/**
 * Normally distributed numbers, float32.
 *
 * @throws ShapeError for extents that are not whole numbers ≥ 0.
 * @example
 * ```ts
 * import { randomNormal } from 'treadle';
 * const x = randomNormal([2, 3], { mean: 5, stddev: 0.1, seed: 1 });
 * x.shape; // → [2, 3]
 * x.sub(5).abs().less(1).all(); // → 1
 * ```
 */
export function randomNormal(shape: Shape, options: NormalOptions = {}): Tensor {
  const { mean = 0, stddev = 1, seed: own } = readOptions('randomNormal', options, normalOptions);
  const [word0, word1] = nextKey('randomNormal', own);
  return new Tensor(ops.randomNormal(shape, word0, word1, mean, stddev));
}

/** Options of randomUniform. */
export interface UniformOptions {
  /** the lower end; 0 by default */
  readonly min?: number;
  /** the upper end, which is not reached; 1 by default */
  readonly max?: number;
  /** with it, the numbers depend on this seed alone, not on setSeed nor on earlier draws */
  readonly seed?: Seed;
}

const uniformOptions: OptionKinds<UniformOptions> = { min: 'number', max: 'number', seed: 'any' };

/**
 * Uniformly distributed numbers from min up to, not including, max: [0, 1) by default, float32.
 *
 * @throws ShapeError for extents that are not whole numbers ≥ 0.
 * @example
 * ```ts
 * import { randomUniform } from 'treadle';
 * const x = randomUniform([1000], { min: -1, max: 1, seed: 1 });
 * x.abs().lessEqual(1).all(); // → 1
 * ```
 */
export function randomUniform(shape: Shape, options: UniformOptions = {}): Tensor {
  const { min = 0, max = 1, seed: own } = readOptions('randomUniform', options, uniformOptions);
  const [word0, word1] = nextKey('randomUniform', own);
  return new Tensor(ops.randomUniform(shape, word0, word1, min, max));
}
