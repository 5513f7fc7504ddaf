// Recording: a function on nodes, called once with stand-ins for its arguments, becomes a plan that is run for every further
// call. Assignments that it makes to variables are part of the plan.

import {
  type Dtype,
  joinLost,
  type Lost,
  type Node,
  type Shape,
  showShape,
  sourceNode,
  type VariableState,
} from '@treadle/graph';
import { type Interruptible, runToEnd } from '../code/interruptible.ts';
import type { Binding } from '../plan/binding.ts';
import type { Plan } from '../plan/plan.ts';
import { keepFor, planInParts } from '../plan/plan-cache.ts';
import { bindingOf } from '../values/realize.ts';
import type { StoredValue } from '../values/stored-value.ts';
import { noteAssignments, VariableCell } from '../values/variable.ts';
import { type Root, type TopologicalOrder, topologicalOrder } from './capture.ts';
import { copyFingerprint } from './fingerprint.ts';

export interface ArgumentType {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

export interface Recording {
  readonly outputs: readonly ArgumentType[];
  /** what gradients of its results do not find, for a run with these arguments */
  lostBehind(args: readonly Node[]): Lost;
  run(args: readonly StoredValue[]): readonly StoredValue[];
  /** The same with the event loop free: at once where nothing waits and the run is short. */
  runSoon(args: readonly StoredValue[]): readonly StoredValue[] | Promise<readonly StoredValue[]>;
  /** bytes of its plan, unless that is shared with recordings of more rows */
  readonly bytes: number;
  /** Lets go of the plan; it must not be run again. */
  release(): void;
}

/** A function on nodes; its result says which are wanted. */
export type Recorded = (args: readonly Node[]) => readonly Node[];

/** The plan of a capture, and of how many rows the capture is, if the plan takes more. */
export interface PlanWithRows {
  readonly plan: Plan;
  readonly rows?: number;
}

/** What a call of a function would compute. */
interface Trace {
  readonly found: TopologicalOrder;
  readonly outputs: readonly ArgumentType[];
  /** what gradients would flow to */
  readonly upstream: Upstream;
  /** the variables that it assigns */
  readonly assigned: readonly VariableCell[];
}

/** Calls `f` once with stand-ins for its arguments; nothing is computed, and no variable changes. */
export function trace(types: readonly ArgumentType[], f: Recorded): Trace {
  let recording: object | undefined;
  const { result, assignments } = noteAssignments((identity) => {
    recording = identity;
    const options = { tracked: true, recording };
    return f(types.map(({ shape, dtype }, index) => sourceNode({ kind: 'argument', index }, shape, dtype, options)));
  });
  const roots: Root[] = [
    ...result.map((node) => ({ node })),
    ...[...assignments].map(([target, node]) => ({ node, target })),
  ];
  for (const { node } of roots) node.captured = true;
  keepValuesFromOutside(topologicalOrder(roots), recording);
  const outputs = result.map(({ shape, dtype }) => ({ shape, dtype }));
  return { found: topologicalOrder(roots), outputs, upstream: upstreamOf(result), assigned: [...assignments.keys()] };
}

interface Upstream {
  /** apart from the arguments */
  readonly lost: Lost;
  /** indices of arguments */
  readonly args: readonly number[];
}

/** What the results depend on otherwise than through detach(). */
function upstreamOf(results: readonly Node[]): Upstream {
  let lost: Lost = 'none';
  const args: number[] = [];
  const variables = new Set<VariableState>();
  const seen = new Set(results);
  for (const node of seen) {
    const { op, source } = node;
    if (op?.stopsGradients) continue;
    for (const input of source ? [] : node.inputs) seen.add(input); // a set is walked to its end, wherever that is by then
    lost = joinLost(lost, op ? 'untracked' : joinLost(node.lost, 'untracked'));
    if (source?.kind === 'argument') args.push(source.index);
    else if (node.tracked && !node.recording)
      lost = 'all'; // it has a history of its own
    else if (source?.kind === 'variable') variables.add(source.state);
  }
  return { lost: variables.size > 0 ? joinLost(lost, variables) : lost, args };
}

/** What `f` captures for arguments of these types. */
export function captureCall(types: readonly ArgumentType[], f: Recorded): TopologicalOrder {
  return trace(types, f).found;
}

/** Makes a plan for what was captured, whose structure lasts. */
export type PlanMaker = (found: TopologicalOrder) => Interruptible<PlanWithRows>;

/** Records `f`, to be run with a plan of the cache, or one of its own. */
export function record(types: readonly ArgumentType[], f: Recorded, planOf?: PlanMaker): Recording {
  return runToEnd(recordInterruptibly(types, f, planOf));
}

/** The same in parts, of which the call of `f` is the first one. */
export function* recordInterruptibly(
  types: readonly ArgumentType[],
  f: Recorded,
  planOf: PlanMaker = planOfCache,
): Interruptible<Recording> {
  const { found, ...traced } = trace(types, f);
  // Only sources and structure are needed from here on; the nodes between them can be forgotten.
  const lasting = { ...found, structure: copyFingerprint(found.fingerprint) };
  const binding = bindingOf(found);
  yield;
  const { plan, ...rows } = yield* planOf(lasting);
  return new PlannedRecording(plan, { ...binding, ...rows }, traced);
}

function* planOfCache(found: TopologicalOrder): Interruptible<PlanWithRows> {
  return { plan: yield* planInParts(found) };
}

/** What was written down before the recording began goes on seeing the values that variables had then. */
function keepValuesFromOutside({ sources }: TopologicalOrder, recording: object | undefined): void {
  for (const node of sources) {
    if (node.recording && node.recording !== recording) throw foreign(node);
    if (node.source?.kind !== 'variable' || !(node.source.state instanceof VariableCell)) continue;
    if (!node.recording) node.source.state.keepOld();
  }
}

function foreign({ shape, dtype }: Node): Error {
  return new Error(
    'compile: a function must not use what was made while another one was recorded; got a tensor that depends on its ' +
      `${showShape(shape)} ${dtype}; pass it as an argument, or return it from the other function`,
  );
}

class PlannedRecording implements Recording {
  readonly outputs: readonly ArgumentType[];
  readonly release: () => void;
  readonly #plan: Plan;
  readonly #binding: Binding;
  readonly #assigned: readonly VariableCell[];
  readonly #upstream: Upstream;

  constructor(plan: Plan, binding: Binding, { outputs, upstream, assigned }: Omit<Trace, 'found'>) {
    this.#plan = plan;
    this.#binding = binding;
    this.outputs = outputs;
    this.#upstream = upstream;
    this.#assigned = assigned;
    this.release = keepFor(this, plan);
  }

  get bytes(): number {
    return this.#binding.rows === undefined ? this.#plan.bytes : 0;
  }

  lostBehind(args: readonly Node[]): Lost {
    for (const node of args) node.captured = true;
    let { lost } = this.#upstream;
    for (const index of this.#upstream.args) {
      const node = args[index];
      if (node) lost = joinLost(lost, node.tracked ? 'all' : node.lost);
    }
    return lost;
  }

  run(args: readonly StoredValue[]): readonly StoredValue[] {
    for (const cell of this.#assigned) cell.keepOld();
    return this.#inOrder(this.#plan.run({ ...this.#binding, args: this.#apart(args) }));
  }

  runSoon(args: readonly StoredValue[]): readonly StoredValue[] | Promise<readonly StoredValue[]> {
    for (const cell of this.#assigned) cell.keepOld();
    const values = this.#plan.runSoon({ ...this.#binding, args: this.#apart(args) });
    return values instanceof Promise ? values.then((all) => this.#inOrder(all)) : this.#inOrder(values);
  }

  /** An argument that is the present value of a variable, which the plan writes, is read from a copy. */
  #apart(args: readonly StoredValue[]): readonly StoredValue[] {
    return args.map((value) => (this.#writes(value) ? value.copy() : value));
  }

  #writes(value: StoredValue): boolean {
    return this.#assigned.some(({ storage }) => storage === value);
  }

  #inOrder(values: readonly StoredValue[]): readonly StoredValue[] {
    return this.outputs.map((_, i) => {
      const value = values[this.#plan.outputOf[i] ?? -1];
      if (!value) throw new Error('internal: an output is missing');
      return value;
    });
  }
}
