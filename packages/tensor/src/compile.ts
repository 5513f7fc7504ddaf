// compile(f): a function of the same type that is recorded once for each structure and shapes of its arguments, and from then
// on runs as one plan, without calling f.

import {
  type ArgumentType,
  isRecording,
  makePending,
  type Recorded,
  type Recording,
  record,
  type StoredValue,
  valueOf,
} from '@treadle/compiler';
import { type Node, sourceNode } from '@treadle/graph';
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

/**
 * Tensors anywhere in the arguments (in arrays and plain objects too) are inputs of the plan; everything else, numbers
 * included, is part of what was recorded, and another value records anew. f may assign variables; it must not read values.
 */
export function compile<A extends readonly unknown[], R>(f: (...args: A) => R): Compiled<A, R> {
  const recordings = new Map<string, RecordedCall<Recording, R>>();
  const find = (args: A, { key, tensors }: Described): RecordedCall<Recording, R> => {
    let recorded = recordings.get(key);
    if (!recorded) {
      recorded = recordCall(f, args, tensors, record);
      recordings.set(key, recorded);
    }
    return recorded;
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

/** What `make` makes of a call of f as a function on nodes, those of the tensors among its arguments. */
export function recordCall<A extends readonly unknown[], R, M>(
  f: (...args: A) => R,
  args: A,
  tensors: readonly Tensor[],
  make: (types: readonly ArgumentType[], f: Recorded) => M,
): RecordedCall<M, R> {
  const types = tensors.map(({ shape, dtype }): ArgumentType => ({ shape, dtype }));
  const results: Tensor[] = [];
  let result: unknown;
  const made = make(types, (nodes: readonly Node[]) => {
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
    mapTensors(result, (t) => {
      results.push(t);
      return t;
    });
    return results.map(({ node }) => node);
  });
  const template = result;
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

/** A text that is equal for arguments that can share a recording; collects the tensors that are its inputs. */
function describe(x: unknown, tensors: Tensor[]): string {
  if (x instanceof Variable) return `variable ${identityOf(x)}`;
  if (x instanceof Tensor) {
    tensors.push(x);
    return `${x.dtype}[${x.shape.join()}]`;
  }
  if (Array.isArray(x)) return `[${x.map((part) => describe(part, tensors)).join(';')}]`;
  if (isPlainObject(x))
    return `{${Object.entries(x)
      .map(([name, part]) => `${JSON.stringify(name)}:${describe(part, tensors)}`)
      .join(';')}}`;
  if (typeof x === 'object' && x !== null) return `object ${identityOf(x)}`;
  if (typeof x === 'function') return `function ${identityOf(x)}`;
  if (typeof x === 'string') return JSON.stringify(x);
  return Object.is(x, -0) ? 'number -0' : `${typeof x} ${String(x)}`;
}
