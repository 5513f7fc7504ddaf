// One call of a function, recorded: the function runs once with stand-ins for the tensors among its arguments, and what it computes
// is kept. Afterwards results are built from values alone, without calling the function.

import {
  type ArgumentType,
  type Interruptible,
  type PlanMaker,
  type Recorded,
  type Recording,
  recordInterruptibly,
  type StoredValue,
} from '@treadle/compiler';
import { type LostHistory, type Node, sourceNode } from '@treadle/graph';
import { mapTensors, tensorsIn, withTensors } from '../map-tensors.ts';
import { Tensor } from '../tensor.ts';

/** A recorded call, and what the compiler made of it. */
export interface RecordedCall<M, R> {
  readonly made: M;
  /** f's result, with tensors of these values in the places of those that were recorded */
  rebuild(outputs: readonly StoredValue[], lostHistory: LostHistory): R;
}

/** Records a call of f: `make` is given f as a function on nodes, which stand for `tensors` among the arguments. */
export function recordCall<A extends readonly unknown[], R, M>(
  f: (...args: A) => R,
  args: A,
  tensors: readonly Tensor[],
  make: (types: readonly ArgumentType[], f: Recorded) => M,
): RecordedCall<M, R> {
  const standIn = new StandInCall(f, args, tensors);
  const made = make(tensors.map(typeOf), standIn.call);
  return recordedCall(made, standIn.result);
}

/** The same as a recording for a compiled function, in parts between which the event loop may run. */
export function* recordCallInParts<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: A,
  tensors: readonly Tensor[],
  planOf: PlanMaker | undefined,
): Interruptible<RecordedCall<Recording, R>> {
  const standIn = new StandInCall(f, args, tensors);
  const made = yield* recordInterruptibly(tensors.map(typeOf), standIn.call, planOf);
  return recordedCall(made, standIn.result);
}

export function typeOf({ shape, dtype }: Tensor): ArgumentType {
  return { shape, dtype };
}

/** A tensor that has a shape and a dtype, and no value. */
export function placeholder({ shape, dtype }: ArgumentType): Tensor {
  return new Tensor(sourceNode({ kind: 'argument', index: 0 }, shape, dtype));
}

/** The arguments with `others` in the places of `tensors`. */
export function replaceTensors<A>(args: A, tensors: readonly Tensor[], others: readonly Tensor[]): A {
  const otherOf = new Map(tensors.map(({ node }, i) => [node, others[i]]));
  return mapTensors('compile', args, 'inputs', (t) => {
    const other = otherOf.get(t.node);
    if (!other) throw new Error('internal: an argument without a node');
    return other;
  });
}

/** f as a function on nodes, which stand for the tensors among its arguments. */
export class StandInCall<A extends readonly unknown[], R> {
  readonly #f: (...args: A) => R;
  readonly #args: A;
  readonly #tensors: readonly Tensor[];
  /** the latest result of f, if it was called */
  #results: readonly R[] = [];

  constructor(f: (...args: A) => R, args: A, tensors: readonly Tensor[]) {
    this.#f = f;
    this.#args = args;
    this.#tensors = tensors;
  }

  /** Calls f, and gives the nodes of the tensors in its result. Throws TypeError for an async f. */
  readonly call = (nodes: readonly Node[]): readonly Node[] => {
    const standIns = nodes.map((node) => new Tensor(node));
    const result = this.#f(...replaceTensors(this.#args, this.#tensors, standIns));
    if (result instanceof Promise) {
      result.catch(() => undefined); // the error below is the one that matters
      throw new TypeError('compile: the function must not be async; got a promise from it');
    }
    this.#results = [result];
    return tensorsIn('compile', result, 'results').map(({ node }) => node);
  };

  /** f's result in its latest call. */
  get result(): R {
    for (const result of this.#results) return result;
    throw new Error('internal: a recorded function that was not called');
  }
}

function recordedCall<M, R>(made: M, result: R): RecordedCall<M, R> {
  // The structure is kept without its tensors, which would keep what was recorded.
  const types = tensorsIn('compile', result, 'results').map(typeOf);
  const template = withTensors('compile', result, 'results', types.map(placeholder));
  return {
    made,
    rebuild: (outputs, lostHistory) => {
      const tensors = types.map(({ shape, dtype }, i) => {
        const storage = outputs[i];
        if (!storage) throw new Error('internal: a result without a value');
        return new Tensor(sourceNode({ kind: 'stored', storage }, shape, dtype, { lostHistory }));
      });
      return withTensors('compile', template, 'results', tensors);
    },
  };
}
