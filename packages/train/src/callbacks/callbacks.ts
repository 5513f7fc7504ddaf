// Callbacks: plain objects with methods that fit calls before, during and after a training, in the order given, each awaited. They see
// the figures of each batch and epoch, and the training by a small interface.

import type { Weights } from '@treadle/nn';
import { checkArray, checkFunction, nearest, type OptionKinds, show, type Tensor, unknownName } from '@treadle/tensor';
import type { Logs } from '../fit/history.ts';

/** The learning rate of the optimizer. */
export interface LearningRate {
  /** whether a schedule sets it at every step */
  readonly isScheduled: boolean;
  /** The rate of the latest step. */
  get(): number;
  /** Sets the rate from the next step on. */
  set(rate: number): void;
}

/** The training in progress. */
export interface Training {
  /** the number of epochs, if no callback stops the training */
  readonly epochs: number;
  /** the number of batches of an epoch */
  readonly steps: number;
  /** the names of the figures of an epoch */
  readonly figures: readonly string[];
  /** Ends the training after this epoch. */
  stop(): void;
  /** the learning rate, which a callback may set */
  readonly learningRate: LearningRate;
  /** Copies of all weights by name. */
  getWeights(): Record<string, Tensor>;
  /** Assigns all weights by name. Throws as the method of a model does. */
  setWeights(weights: Weights): void;
}

/** Methods that fit calls; each is optional. */
export interface Callback {
  /** called before the first epoch */
  onTrainBegin?(training: Training): void | Promise<void>;
  /** called before each epoch, counted from 0 */
  onEpochBegin?(epoch: number, training: Training): void | Promise<void>;
  /** called after each batch; `logs` are the figures of the epoch so far, and expensive ones, such as auc, are computed when read */
  onBatchEnd?(batch: number, logs: Logs, training: Training): void | Promise<void>;
  /** called after each epoch with its figures, also those of validation */
  onEpochEnd?(epoch: number, logs: Logs, training: Training): void | Promise<void>;
  /** called after the training, also after an error; then the first error is thrown */
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
 * The callbacks. Throws TypeError unless they are an array of objects, RangeError for a method that fit never calls, with the nearest name.
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

/** Throws for a member whose name is nearly that of a method of Callback. Other members are the callback's own. */
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
