// What can be hung into a training. A callback is a plain object; it sees the figures of each batch and epoch, and the training
// through a small handle: its weights, and whether to stop. Callbacks are called in the order given, each awaited.

import type { Weights } from '@treadle/nn';
import { checkArray, checkFunction, nearest, type OptionKinds, show, type Tensor, unknownName } from '@treadle/tensor';
import type { Logs } from '../fit/history.ts';

/** The rate at which the optimizer moves weights. */
export interface LearningRate {
  /** whether a schedule sets it at every step */
  readonly isScheduled: boolean;
  get(): number;
  /** From the next step on. */
  set(rate: number): void;
}

/** The training under way, and what a callback can do to it. */
export interface Training {
  readonly epochs: number;
  /** batches an epoch */
  readonly steps: number;
  /** the names of the figures that an epoch will have */
  readonly figures: readonly string[];
  /** SymbolicTensors the training when this epoch ends. */
  stop(): void;
  readonly learningRate: LearningRate;
  /** Copies of all weights, by name. */
  getWeights(): Record<string, Tensor>;
  setWeights(weights: Weights): void;
}

export interface Callback {
  onTrainBegin?(training: Training): void | Promise<void>;
  onEpochBegin?(epoch: number, training: Training): void | Promise<void>;
  /** `logs` are the figures of the epoch so far; one that takes long, such as auc, is computed when it is read */
  onBatchEnd?(batch: number, logs: Logs, training: Training): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: Logs, training: Training): void | Promise<void>;
  /** called however the training ends, whatever other callbacks threw; the first error of all is thrown after it */
  onTrainEnd?(training: Training): void | Promise<void>;
}

const methods: OptionKinds<Callback> = {
  onTrainBegin: 'function',
  onEpochBegin: 'function',
  onBatchEnd: 'function',
  onEpochEnd: 'function',
  onTrainEnd: 'function',
};

/**
 * The callbacks themselves. Throws TypeError for what is no array of objects, RangeError for a method that is never called, which
 * proposes the nearest.
 */
export function checkCallbacks(callbacks: readonly Callback[]): readonly Callback[] {
  checkArray('fit: callbacks', callbacks);
  callbacks.forEach((callback: unknown, i) => {
    if (typeof callback !== 'object' || callback === null) {
      const hint =
        typeof callback === 'function' ? '; { onEpochEnd: (epoch, logs) => … } is called after each epoch' : '';
      throw new TypeError(
        `fit: callback ${i} must be an object with methods such as onEpochEnd; got ${show(callback)}${hint}`,
      );
    }
    for (const [name, value] of membersOf(callback)) checkMember(`fit: callback ${i}`, name, value);
  });
  return callbacks;
}

/** Its own members, and the methods of its class. */
function membersOf(callback: object): readonly (readonly [name: string, value: unknown])[] {
  const members: [string, unknown][] = [];
  for (let x: unknown = callback; typeof x === 'object' && x !== null && !Object.hasOwn(x, 'isPrototypeOf'); ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(x))) members.push([name, value]);
    x = Object.getPrototypeOf(x);
  }
  return members;
}

/** A callback may have members of its own, but none that is called like a method that there is. */
function checkMember(what: string, name: string, value: unknown): void {
  const known = Object.keys(methods);
  if (known.includes(name)) {
    if (value !== undefined) checkFunction(`${what}: ${name}`, value);
  } else if (
    typeof value === 'function' &&
    name !== 'constructor' &&
    (/^on[A-Z_]/.test(name) || nearest(name, known))
  ) {
    throw unknownName(`${what}: unknown method`, name, known);
  }
}
