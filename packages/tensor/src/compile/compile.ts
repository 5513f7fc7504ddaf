// compile(f): a function of the same type that is recorded once for each structure and shapes of its arguments, and from then
// on runs as one plan, without calling f.

import {
  flushAssignments,
  type Interruptible,
  isRecording,
  type Recording,
  runInTurns,
  runToEnd,
  valueOf,
} from '@treadle/compiler';
import { checkFunction, type OptionKinds, readOptions } from '@treadle/graph';
import { mapTensors } from '../map-tensors.ts';
import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';
import { ChangingArguments } from './changing-arguments.ts';
import { type Described, describeArguments, describeValues } from './describe-arguments.ts';
import { type RecordedCall, recordCallInParts } from './recorded-call.ts';
import { Recordings } from './recordings.ts';
import { SharedPlans } from './shared-plans.ts';

/** A compiled function. A call returns when the plan has run; the other two forms leave the event loop free. */
export type Compiled<A extends readonly unknown[], R> = ((...args: A) => R) & {
  /** The same without blocking the event loop while the plan runs. Recording and compiling, where they are needed, do block it. */
  runAsync(...args: A): Promise<R>;
  /**
   * The same; recording and compiling, too, let the event loop run every few milliseconds. So a call may be done before an earlier
   * one.
   */
  inTurns(...args: A): Promise<R>;
};

/** Options of compile. */
export interface CompileOptions {
  /**
   * The number of rows to make a plan for when `rows` are needed: a whole number ≥ rows (RangeError otherwise). The first plan then
   * serves fewer rows as well, for which f is called once more. By default plans are shared from the second number of rows on.
   */
  readonly capacity?: (rows: number) => number;
}

const compileOptions: OptionKinds<CompileOptions> = { capacity: 'function' };

/**
 * A function of the same type as f that calls f once for each kind of arguments, to record what it computes, and from then on runs
 * the recorded plan. The results have the same bits as those of f.
 *
 * Tensors anywhere in the arguments, also in arrays and plain objects, are inputs: f is recorded once for their shapes and dtypes.
 * All else is part of the recording, and with another value f is recorded again: numbers, strings, dates, arrays and plain
 * objects count by value; variables and functions by identity; objects of a class (models, optimizers) by identity and by their
 * own fields at the call. Typed arrays, maps and sets are refused: `tensor(values)` makes an input of numbers. The least recently
 * used recordings are dropped when there are very many. A warning names an argument that keeps changing.
 *
 * f may use and assign variables, draw random numbers, and take gradients. It must not be async, and must not read a value that
 * depends on an argument, a variable or a random number (`item`, `data`, `read`, `toArray`, `realize`, `String`), because that value
 * is not known while f is recorded; return the tensor and read the result instead. console.log shows such a tensor without its
 * values, once for each recording. What f uses from outside (numbers, tensors) keeps the value that it had when f was recorded, and
 * a variable that f makes is made once. Nothing is assigned when f throws.
 *
 * Rows are the leading size of the last tensor, and of all others that have as many. Where f treats rows one by one, or adds them
 * up, calls with fewer rows run the plan for more; so do calls with fewer steps of sequences [batch, steps, …].
 *
 * Results have no history: `gradients` of them with respect to what f computed them from is an Error. Take gradients inside f, or
 * use `grad`. Where an argument was computed from variables and is not detached, f itself is called as if it were not compiled, so
 * that gradients can be taken.
 *
 * @throws TypeError for an async f, or an argument whose changes would not be seen; Error for an f that reads.
 * @example
 * ```ts
 * import { compile, tensor, type Tensor } from 'treadle';
 * const step = compile((x: Tensor) => x.mul(2).add(1));
 * step(tensor([1, 2])); // → [3, 5]
 * step(tensor([3, 4])); // → [7, 9]
 * ```
 */
export function compile<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  checkFunction('compile: f', f);
  const { capacity } = readOptions('compile', options, compileOptions);
  const calls = new CompiledCalls(f, capacity);
  return Object.assign((...args: A) => calls.run(args), {
    runAsync: (...args: A) => calls.runAsync(args),
    inTurns: (...args: A) => calls.inTurns(args),
  });
}

class CompiledCalls<A extends readonly unknown[], R> {
  readonly #f: (...args: A) => R;
  readonly #recordings = new Recordings<RecordedCall<Recording, R>>(({ made }) => made);
  readonly #sharedPlans: SharedPlans<A, R>;
  readonly #changing: ChangingArguments;
  /** calls that are being recorded in turns, by the text that describes their arguments */
  readonly #pending = new Map<string, Promise<RecordedCall<Recording, R>>>();

  constructor(f: (...args: A) => R, capacity: ((rows: number) => number) | undefined) {
    this.#f = f;
    this.#sharedPlans = new SharedPlans(f, capacity);
    this.#changing = new ChangingArguments(f.name);
  }

  run(args: A): R {
    if (isRecording()) return this.#f(...args); // part of the function that is being recorded
    const described = describeArguments(args);
    const nodes = described.tensors.map(({ node }) => node);
    // A gradient may be asked for that passes through f.
    if (nodes.some(({ tracked }) => tracked)) return ownHandles(this.#f(...args), described.tensors);
    flushAssignments();
    const { made: recording, rebuild } = this.#find(args, described);
    return rebuild(recording.run(nodes.map(valueOf)), recording.lostBehind(nodes));
  }

  async runAsync(args: A): Promise<R> {
    const described = describeOutside(args);
    flushAssignments();
    return begin(this.#find(args, described), described);
  }

  async inTurns(args: A): Promise<R> {
    const described = describeOutside(args);
    const recorded = this.#recordings.get(described.key) ?? (await this.#findInTurns(args, described));
    flushAssignments();
    return begin(recorded, described);
  }

  #find(args: A, described: Described): RecordedCall<Recording, R> {
    return this.#recordings.get(described.key) ?? runToEnd(this.#record(args, described));
  }

  #findInTurns(args: A, described: Described): Promise<RecordedCall<Recording, R>> {
    const { key } = described;
    const pending =
      this.#pending.get(key) ?? runInTurns(this.#record(args, described)).finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  *#record(args: A, { key, tensors }: Described): Interruptible<RecordedCall<Recording, R>> {
    const planOf = this.#sharedPlans.planMakerFor(args, tensors);
    const recorded = yield* recordCallInParts(this.#f, args, tensors, planOf);
    this.#recordings.add(key, recorded);
    this.#changing.note(args, describeValues(args));
    return recorded;
  }
}

/** Throws Error inside a function that is being recorded. */
function describeOutside(args: readonly unknown[]): Described {
  if (isRecording()) {
    throw new Error('compile: runAsync must not be called while a function is recorded; got such a call');
  }
  return describeArguments(args);
}

/** Starts the run at once, with the present values of the arguments; the promise waits for its end. */
async function begin<R>({ made: recording, rebuild }: RecordedCall<Recording, R>, { tensors }: Described): Promise<R> {
  const nodes = tensors.map(({ node }) => node);
  const values = nodes.map(valueOf);
  const lostHistory = recording.lostBehind(nodes);
  const outputs = recording.runSoon(values);
  return rebuild(outputs instanceof Promise ? await outputs : outputs, lostHistory);
}

/** The result of f itself: a tensor that is an argument or a variable gets another handle, as a compiled call would give. */
function ownHandles<R>(result: R, args: readonly Tensor[]): R {
  const own = (t: Tensor): Tensor => (t instanceof Variable || args.includes(t) ? new Tensor(t.node) : t);
  return mapTensors('compile', result, 'results', own);
}
