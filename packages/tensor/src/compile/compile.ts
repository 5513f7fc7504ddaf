// compile(f): a function of the same type that is recorded once for each structure and shapes of its arguments, and from then
// on runs as one plan, without calling f. Recordings that differ in the leading size of arguments share a plan where they can.

import {
  type ArgumentType,
  captureCall,
  flushAssignments,
  type Interruptible,
  isRecording,
  type PlanMaker,
  type Recorded,
  type Recording,
  recordInterruptibly,
  runInTurns,
  runToEnd,
  SharedPlan,
  type StoredValue,
  valueOf,
} from '@treadle/compiler';
import {
  checkFunction,
  checkSize,
  type LostHistory,
  type Node,
  type OptionKinds,
  readOptions,
  sourceNode,
} from '@treadle/graph';
import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';
import { ChangingArguments } from './changing-arguments.ts';
import { type Described, describeArguments, describeFamily, describeValues } from './describe-arguments.ts';
import { mapTensors } from './map-tensors.ts';
import { Recordings } from './recordings.ts';

/** A compiled function; `runAsync` does the same with the event loop free. */
export type Compiled<A extends readonly unknown[], R> = ((...args: A) => R) & {
  runAsync(...args: A): Promise<R>;
  /**
   * The same, and what has to be recorded and compiled first is done in parts, with a turn of the event loop every few
   * milliseconds; so a call may overtake an earlier one.
   */
  inTurns(...args: A): Promise<R>;
};

/** A call of f with stand-ins for its tensors, and what was made of it. */
export interface RecordedCall<M, R> {
  readonly made: M;
  /** f's result with the tensors of this call in the places of those that were recorded */
  rebuild(outputs: readonly StoredValue[], lostHistory: LostHistory): R;
}

export interface CompileOptions {
  /**
   * For how many rows a plan is made when one for so many is needed: a whole number, no fewer (RangeError otherwise). Then the very first plan serves fewer rows as
   * well, for which f is called once more. By default plans are shared from the second number of rows on.
   */
  readonly capacity?: (rows: number) => number;
}

const compileOptions: OptionKinds<CompileOptions> = { capacity: 'function' };

/**
 * A function of the same type that calls f once for each kind of arguments, to record what it computes, and from then on runs
 * what was recorded.
 *
 * Tensors anywhere in the arguments, in arrays and plain objects too, are inputs: f is recorded once for their shapes and dtypes.
 * Everything else is part of what was recorded. Numbers, strings, dates, arrays and plain objects count by value, variables and
 * functions by identity, objects of a class (models, optimizers) by identity and by their own fields as they are at the call: for
 * another one f is recorded anew. Typed arrays, maps and sets are refused (TypeError): `tensor(values)` makes an input of numbers.
 * Of very many recordings the least recently used are dropped. A warning names an argument whose value is another one again and
 * again.
 *
 * f may use and assign variables, draw random numbers, and take gradients. It must not be async (TypeError), nor read a value that
 * depends on an argument, a variable or a random number (`item`, `data`, `read`, `toArray`, `realize`, `String`): it is not known
 * while f is recorded, and another one in the next call. That is an Error; return the tensor and read the result instead.
 * console.log shows such a tensor without its values, once for each recording. What f finds in its surroundings (numbers, tensors)
 * is what it was when f was recorded, and a variable that f makes is made once. Nothing is assigned when f throws.
 *
 * Rows are the leading size of the last tensor, and of all others that have as many; where f treats them one by one, or adds
 * them up, calls with fewer rows run the plan for more. So do calls with fewer steps of sequences [batch, steps, …].
 *
 * Results have no history: a gradient of them with respect to something that f computed them from is an Error. Take gradients
 * inside f, or of f inside `grad`. Where an argument was computed from variables and is not detached, f itself is called, as if it
 * were not compiled, so that gradients find their way.
 */
export function compile<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  checkFunction('compile: f', f);
  readOptions('compile', options, compileOptions);
  const recordings = new Recordings<RecordedCall<Recording, R>>(({ made }) => made);
  const families = new Recordings<SharedPlan>((family) => family);
  const changing = new ChangingArguments(f.name);
  const preparing = new Map<string, Promise<RecordedCall<Recording, R>>>();
  const find = (args: A, described: Described): RecordedCall<Recording, R> =>
    recordings.get(described.key) ?? runToEnd(recordAnew(args, described));
  function* recordAnew(args: A, { key, tensors }: Described): Interruptible<RecordedCall<Recording, R>> {
    const planOf = planIn(familyOf(args, tensors));
    const recorded = yield* recordCallInParts(f, args, tensors, planOf);
    recordings.add(key, recorded);
    changing.note(args, describeValues(args));
    return recorded;
  }
  const prepare = (args: A, described: Described): Promise<RecordedCall<Recording, R>> => {
    const { key } = described;
    let prepared = preparing.get(key);
    if (!prepared) {
      prepared = runInTurns(recordAnew(args, described)).finally(() => preparing.delete(key));
      preparing.set(key, prepared);
    }
    return prepared;
  };
  /** The family of a call: one that is there, or that of its leading size; later calls may find either. */
  const familyOf = (args: A, tensors: readonly Tensor[]): Sharing | undefined => {
    const open = openSizes(tensors).map((size) => ({ ...size, key: `${size.axis} ${describeFamily(args, size)}` }));
    const known = open.find(({ key }) => families.get(key));
    for (const size of known ? [] : open) {
      const family = familyFor(f, args, tensors, size, size.axis === 0 ? options : {});
      families.add(size.key, family);
      if (size !== open[0]) family.note(size.rows);
    }
    const { key, rows } = known ?? open[0] ?? {};
    const family = key === undefined ? undefined : families.get(key);
    return family && rows ? { family, rows } : undefined;
  };
  const run = (...args: A): R => {
    if (isRecording()) return f(...args); // part of the function being recorded
    const described = describeArguments(args);
    const nodes = described.tensors.map(({ node }) => node);
    if (nodes.some(({ tracked }) => tracked)) return ownHandles(f(...args), described.tensors); // its gradient may be asked for
    flushAssignments();
    const { made: recording, rebuild } = find(args, described);
    return rebuild(recording.run(nodes.map(valueOf)), recording.lostBehind(nodes));
  };
  const begin = async (
    { made: recording, rebuild }: RecordedCall<Recording, R>,
    { tensors }: Described,
  ): Promise<R> => {
    const nodes = tensors.map(({ node }) => node);
    const values = nodes.map(valueOf);
    const lost = recording.lostBehind(nodes);
    const outputs = recording.runSoon(values);
    return rebuild(outputs instanceof Promise ? await outputs : outputs, lost);
  };
  const describeOutside = (args: A): Described => {
    if (isRecording()) {
      throw new Error('compile: runAsync must not be called while a function is recorded; got such a call');
    }
    return describeArguments(args);
  };
  const runAsync = async (...args: A): Promise<R> => {
    const described = describeOutside(args);
    flushAssignments();
    return begin(find(args, described), described);
  };
  const inTurns = async (...args: A): Promise<R> => {
    const described = describeOutside(args);
    const recorded = recordings.get(described.key) ?? (await prepare(args, described));
    flushAssignments();
    return begin(recorded, described);
  };
  return Object.assign(run, { runAsync, inTurns });
}

/** The result of a call, where it is an argument or a variable in a handle of its own. */
function ownHandles<R>(result: R, args: readonly Tensor[]): R {
  const own = (t: Tensor): Tensor => (t instanceof Variable || args.includes(t) ? new Tensor(t.node) : t);
  const owned = mapTensors('compile', result, own);
  return owned as R; // the same structure, a tensor for a tensor
}

interface Sharing {
  readonly family: SharedPlan;
  readonly rows: number;
}

/** A size of the arguments that another call may have otherwise. */
interface OpenSize {
  readonly axis: number;
  readonly rows: number;
}

/** The leading size of the last tensor, and of sequences [batch, steps, …] the steps. */
function openSizes(tensors: readonly Tensor[]): readonly OpenSize[] {
  const sequence = tensors.find(({ shape }) => shape.length > 2);
  const sizes = [
    { axis: 0, rows: tensors.at(-1)?.shape[0] ?? 0 },
    { axis: 1, rows: sequence?.shape[1] ?? 0 },
  ];
  return sizes.filter(({ rows }) => rows > 0);
}

/** f at any number of rows; it holds none of the values. */
function familyFor<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: A,
  tensors: readonly Tensor[],
  size: OpenSize,
  options: CompileOptions,
): SharedPlan {
  const types = tensors.map(typeOf);
  const places = types.map(placeholder);
  const pattern = replaceTensors(args, tensors, places);
  const capture = (count: number) =>
    captureCall(
      types.map((type) => withRows(type, size, count)),
      standInCall(f, pattern, places).call,
    );
  return new SharedPlan({ ...options, capture });
}

/** A tensor that says nothing but its type. */
function placeholder({ shape, dtype }: ArgumentType): Tensor {
  return new Tensor(sourceNode({ kind: 'argument', index: 0 }, shape, dtype));
}

function typeOf({ shape, dtype }: Tensor): ArgumentType {
  return { shape, dtype };
}

function withRows({ shape, dtype }: ArgumentType, { axis, rows }: OpenSize, count: number): ArgumentType {
  return { shape: shape[axis] === rows ? checkSize('compile', shape.with(axis, count)) : shape, dtype };
}

/** The arguments with other tensors in the place of these. */
function replaceTensors(args: unknown, tensors: readonly Tensor[], others: readonly Tensor[]): unknown {
  const otherOf = new Map(tensors.map(({ node }, i) => [node, others[i]]));
  const replace = (t: Tensor): Tensor => {
    const other = otherOf.get(t.node);
    if (!other) throw new Error('internal: an argument without a node');
    return other;
  };
  return mapTensors('compile', args, replace, false);
}

/** f as a function on nodes, which stand in for the tensors among its arguments; `result` is what it gave last. */
function standInCall<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: unknown,
  tensors: readonly Tensor[],
): { call(nodes: readonly Node[]): readonly Node[]; result(): unknown } {
  let result: unknown;
  const call = (nodes: readonly Node[]): readonly Node[] => {
    const stands = replaceTensors(
      args,
      tensors,
      nodes.map((node) => new Tensor(node)),
    );
    result = f(...(stands as A)); // the same structure, a tensor for a tensor
    if (result instanceof Promise) {
      result.catch(() => undefined); // what follows in the function is of no interest
      throw new TypeError('compile: the function must not be async; got a promise from it');
    }
    const results: Node[] = [];
    mapTensors('compile', result, (t) => {
      results.push(t.node);
      return t;
    });
    return results;
  };
  return { call, result: () => result };
}

/** How plans are made: by a family, where there is one. */
function planIn(sharing: Sharing | undefined): PlanMaker | undefined {
  return sharing && ((captured) => sharing.family.planFor(captured, sharing.rows));
}

/** What `make` makes of a call of f as a function on nodes, those of the tensors among its arguments. */
export function recordCall<A extends readonly unknown[], R, M>(
  f: (...args: A) => R,
  args: A,
  tensors: readonly Tensor[],
  make: (types: readonly ArgumentType[], f: Recorded) => M,
): RecordedCall<M, R> {
  const standIn = standInCall(f, args, tensors);
  return callOf(make(tensors.map(typeOf), standIn.call), standIn.result());
}

function* recordCallInParts<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: A,
  tensors: readonly Tensor[],
  planOf: PlanMaker | undefined,
): Interruptible<RecordedCall<Recording, R>> {
  const standIn = standInCall(f, args, tensors);
  const made = yield* recordInterruptibly(tensors.map(typeOf), standIn.call, planOf);
  return callOf(made, standIn.result());
}

/** A call of a function that gave `result`, and what was made of it. */
function callOf<M, R>(made: M, result: unknown): RecordedCall<M, R> {
  // The structure alone: tensors would keep what was recorded.
  const template = mapTensors('compile', result, ({ shape, dtype }) => placeholder({ shape, dtype }));
  return {
    made,
    rebuild: (outputs, lostHistory) => {
      let next = 0;
      const rebuilt = mapTensors('compile', template, (t) => {
        const storage = outputs[next++];
        if (!storage) throw new Error('internal: a result without a value');
        return new Tensor(sourceNode({ kind: 'stored', storage }, t.shape, t.dtype, { lostHistory }));
      });
      return rebuilt as R; // the structure of f's own result
    },
  };
}
