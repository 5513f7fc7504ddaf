// compile(f): a function of the same type that is recorded once for each structure and shapes of its arguments, and from then
// on runs as one plan, without calling f. Recordings that differ in the leading size of arguments share a plan where they can.

import {
  type ArgumentType,
  captureCall,
  Family,
  isRecording,
  makePending,
  type Recorded,
  type Recording,
  record,
  type StoredValue,
  valueOf,
} from '@treadle/compiler';
import { checkFunction, checkSize, type Node, type OptionKinds, readOptions, show, sourceNode } from '@treadle/graph';
import { Tensor } from './tensor.ts';
import { Variable } from './variable.ts';

/** A compiled function; `runAsync` does the same with the event loop free. */
export type Compiled<A extends readonly unknown[], R> = ((...args: A) => R) & {
  runAsync(...args: A): Promise<R>;
};

/** A call of f with stand-ins for its tensors, and what was made of it. */
export interface RecordedCall<M, R> {
  readonly made: M;
  /** f's result with the tensors of this call in the places of those that were recorded */
  rebuild(outputs: readonly StoredValue[], lost: Node['lost']): R;
}

export interface CompileOptions {
  /**
   * For how many rows a plan is made when one for so many is needed; no fewer. Then the very first plan serves fewer rows as
   * well, for which f is called once more. By default plans are shared from the second number of rows on.
   */
  readonly capacity?: (rows: number) => number;
}

const compileOptions: OptionKinds<CompileOptions> = { capacity: 'function' };

/**
 * Tensors anywhere in the arguments (in arrays and plain objects too) are inputs of the plan; everything else, numbers
 * included, is part of what was recorded, and another value records anew. f may assign variables; it must not read values.
 * Rows are the leading size of the last tensor, and of all others that have as many; where f treats them one by one, or adds
 * them up, calls with fewer rows run the plan for more.
 */
export function compile<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  checkFunction('compile: f', f);
  const { capacity } = readOptions('compile', options, compileOptions);
  const recordings = new Map<string, RecordedCall<Recording, R>>();
  const families = new Map<string, Family>();
  const find = (args: A, { key, tensors }: Described): RecordedCall<Recording, R> => {
    let recorded = recordings.get(key);
    if (!recorded) {
      recorded = recordCall(f, args, tensors, recordIn(familyOf(args, tensors)));
      recordings.set(key, recorded);
    }
    return recorded;
  };
  const familyOf = (args: A, tensors: readonly Tensor[]): Sharing | undefined => {
    const rows = tensors.at(-1)?.shape[0] ?? 0;
    if (rows === 0) return undefined;
    const key = describe(args, [], rows);
    let family = families.get(key);
    if (!family) {
      const types = tensors.map(typeOf);
      // No values are kept for the sake of another recording.
      const pattern = mapTensors(args, (t) => new Tensor(argumentNode(t)), false);
      const capture = (count: number) =>
        captureCall(
          types.map((type) => withRows(type, rows, count)),
          standInCall(f, pattern).call,
        );
      family = new Family({ ...(capacity && { capacity: (count) => capacityFor(capacity, count) }), capture });
      families.set(key, family);
    }
    return { family, rows };
  };
  const run = (...args: A): R => {
    if (isRecording()) return f(...args); // part of the function being recorded
    const described = describeAll(args);
    if (isTracked(described)) return f(...args); // part of a function whose gradient may be asked for
    makePending();
    const { made: recording, rebuild } = find(args, described);
    return rebuild(recording.run(described.tensors.map((t) => valueOf(t.node))), lostBehind(recording, described));
  };
  const runAsync = async (...args: A): Promise<R> => {
    if (isRecording()) {
      throw new Error('compile: runAsync must not be called while a function is recorded; got such a call');
    }
    makePending();
    const described = describeAll(args);
    const { made: recording, rebuild } = find(args, described);
    const values = described.tensors.map((t) => valueOf(t.node));
    return rebuild(await recording.runAsync(values), lostBehind(recording, described));
  };
  return Object.assign(run, { runAsync });
}

/** What `capacity` gives. Throws RangeError unless the plan would hold the rows. */
function capacityFor(capacity: (rows: number) => number, rows: number): number {
  const most = capacity(rows);
  if (Number.isSafeInteger(most) && most >= rows) return most;
  throw new RangeError(
    `compile: capacity must give a whole number, no less than the rows; got ${show(most)} for ${rows}`,
  );
}

export interface Described {
  /** equal for arguments that can share a recording */
  readonly key: string;
  /** the inputs of the plan */
  readonly tensors: readonly Tensor[];
}

export function describeAll(args: readonly unknown[]): Described {
  const tensors: Tensor[] = [];
  return { key: describe(args, tensors), tensors };
}

/** Whether a tensor among the arguments was computed from something that gradients are asked for. */
function isTracked({ tensors }: Described): boolean {
  return tensors.some(({ node }) => node.tracked);
}

/** No gradient finds its way back through a plan: whose ways are lost behind the results. */
function lostBehind({ readsVariables }: Recording, described: Described): Node['lost'] {
  return readsVariables || isTracked(described) ? 'all' : 'untracked';
}

interface Sharing {
  readonly family: Family;
  readonly rows: number;
}

function argumentNode({ shape, dtype }: ArgumentType): Node {
  return sourceNode({ kind: 'argument', index: 0 }, shape, dtype, true);
}

function typeOf({ shape, dtype }: Tensor): ArgumentType {
  return { shape, dtype };
}

function withRows({ shape, dtype }: ArgumentType, rows: number, count: number): ArgumentType {
  return { shape: shape[0] === rows ? checkSize('compile', [count, ...shape.slice(1)]) : shape, dtype };
}

/** f as a function on nodes, which stand in for the tensors among its arguments; `result` is what it gave last. */
function standInCall<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: unknown,
): { call(nodes: readonly Node[]): readonly Node[]; result(): unknown } {
  let result: unknown;
  const call = (nodes: readonly Node[]): readonly Node[] => {
    let next = 0;
    const stands = mapTensors(
      args,
      () => {
        const node = nodes[next++];
        if (!node) throw new Error('internal: an argument without a node');
        return new Tensor(node);
      },
      false,
    );
    result = f(...(stands as A)); // the same structure, a tensor for a tensor
    if (result instanceof Promise)
      throw new TypeError('compile: the function must not be async; got a promise from it');
    const results: Node[] = [];
    mapTensors(result, (t) => {
      results.push(t.node);
      return t;
    });
    return results;
  };
  return { call, result: () => result };
}

/** Recording with the plan of a family, where there is one. */
function recordIn(sharing: Sharing | undefined): (types: readonly ArgumentType[], f: Recorded) => Recording {
  if (!sharing) return record;
  return (types, f) => record(types, f, (captured) => sharing.family.planFor(captured, sharing.rows));
}

/** What `make` makes of a call of f as a function on nodes, those of the tensors among its arguments. */
export function recordCall<A extends readonly unknown[], R, M>(
  f: (...args: A) => R,
  args: A,
  tensors: readonly Tensor[],
  make: (types: readonly ArgumentType[], f: Recorded) => M,
): RecordedCall<M, R> {
  const standIn = standInCall(f, args);
  const made = make(tensors.map(typeOf), standIn.call);
  const template = standIn.result();
  return {
    made,
    rebuild: (outputs, lost) => {
      let next = 0;
      const rebuilt = mapTensors(template, (t) => {
        const storage = outputs[next++];
        if (!storage) throw new Error('internal: a result without a value');
        return new Tensor(sourceNode({ kind: 'stored', storage }, t.shape, t.dtype, false, lost));
      });
      return rebuilt as R; // the structure of f's own result
    },
  };
}

/** Whether a value is taken apart: an array, or an object without a class. */
function isPlainObject(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}

/** The same structure with every tensor replaced, in a fixed order. */
export function mapTensors(x: unknown, replace: (t: Tensor) => Tensor, isResult = true): unknown {
  if (x instanceof Tensor) return x instanceof Variable && !isResult ? x : replace(x);
  if (Array.isArray(x)) return x.map((part) => mapTensors(part, replace, isResult));
  if (!isPlainObject(x)) return x;
  return Object.fromEntries(Object.entries(x).map(([name, part]) => [name, mapTensors(part, replace, isResult)]));
}

/** Deeper arguments are taken for a cycle. */
const deepest = 64;

const identities = new WeakMap<object, number>();
let identitiesGiven = 0;

function identityOf(x: object): number {
  let id = identities.get(x);
  if (id === undefined) {
    id = ++identitiesGiven;
    identities.set(x, id);
  }
  return id;
}

/**
 * A text that is equal for arguments that can share a recording; collects the tensors that are its inputs. With `rows`, the
 * text leaves open how many there are.
 */
function describe(x: unknown, tensors: Tensor[], rows?: number, depth = 0): string {
  if (depth > deepest) {
    throw new RangeError(`compile: arguments may be ${deepest} deep; got deeper ones; is one of them its own element?`);
  }
  if (x instanceof Variable) return `variable ${identityOf(x)}`;
  if (x instanceof Tensor) {
    tensors.push(x);
    return `${x.dtype}[${x.shape.map((extent, axis) => (axis === 0 && extent === rows ? 'n' : extent))}]`;
  }
  if (Array.isArray(x)) return `[${x.map((part) => describe(part, tensors, rows, depth + 1)).join(';')}]`;
  if (isPlainObject(x))
    return `{${Object.entries(x)
      .map(([name, part]) => `${JSON.stringify(name)}:${describe(part, tensors, rows, depth + 1)}`)
      .join(';')}}`;
  if (typeof x === 'object' && x !== null) return `object ${identityOf(x)}`;
  if (typeof x === 'function') return `function ${identityOf(x)}`;
  if (typeof x === 'string') return JSON.stringify(x);
  return Object.is(x, -0) ? 'number -0' : `${typeof x} ${String(x)}`;
}
