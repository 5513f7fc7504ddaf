// Recording: a function on nodes is called once, with placeholders for its arguments, and becomes a plan that is run for every call.
// Assignments to variables that the function makes are part of the plan.

import {
  type Dtype,
  joinLostHistory,
  type LostHistory,
  type Node,
  newWalk,
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

/** The type of an argument or output. */
export interface ArgumentType {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** A function that was recorded for arguments of certain types. */
export interface Recording {
  readonly outputs: readonly ArgumentType[];
  /** the nodes to which gradients of the results of a run with these arguments cannot flow, because their history was dropped */
  lostBehind(args: readonly Node[]): LostHistory;
  /** Runs the plan. Blocks until the outputs are there. */
  run(args: readonly StoredValue[]): readonly StoredValue[];
  /** Runs the plan without blocking the event loop; at once if no run waits and this one is short. */
  runSoon(args: readonly StoredValue[]): readonly StoredValue[] | Promise<readonly StoredValue[]>;
  /** bytes of its plan; 0 if that is shared with recordings of more rows */
  readonly bytes: number;
  /** Lets go of the plan. It must not be run again. */
  release(): void;
}

/** A function on nodes: from its arguments to its outputs. */
export type Recorded = (args: readonly Node[]) => readonly Node[];

/** A plan, and the rows of the recording if the plan has a dynamic batch. */
export interface PlanWithRows {
  readonly plan: Plan;
  readonly rows?: number;
}

/** What a call of a function computes. */
interface Trace {
  readonly order: TopologicalOrder;
  readonly outputs: readonly ArgumentType[];
  /** where gradients of its outputs flow to */
  readonly upstream: Upstream;
  /** the variables that it assigns */
  readonly assigned: readonly VariableCell[];
}

/** Calls `f` once with placeholders for its arguments. Nothing is computed, and no variable changes. */
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
  const order = topologicalOrder(roots);
  const hasKept = keepValuesFromOutside(order, recording);
  const outputs = result.map(({ shape, dtype }) => ({ shape, dtype }));
  return {
    order: hasKept ? topologicalOrder(roots) : order,
    outputs,
    upstream: upstreamOf(result),
    assigned: [...assignments.keys()],
  };
}

interface Upstream {
  /** nodes to which they cannot flow, apart from arguments */
  readonly lost: LostHistory;
  /** the arguments to which they flow, by index */
  readonly args: readonly number[];
}

/** What the results depend on, except through ops that stop gradients. */
function upstreamOf(results: readonly Node[]): Upstream {
  let lost: LostHistory = 'none';
  const args: number[] = [];
  const variables = new Set<VariableState>();
  const walk = newWalk();
  const seen: Node[] = [];
  const see = (node: Node): void => {
    if (node.walk === walk) return;
    node.walk = walk;
    seen.push(node);
  };
  results.forEach(see);
  for (const node of seen) {
    const { op, source } = node;
    if (op?.stopsGradients) continue;
    if (!source) node.inputs.forEach(see); // iteration over an array includes what is added meanwhile
    lost = joinLostHistory(lost, op ? 'untracked' : joinLostHistory(node.lostHistory, 'untracked'));
    if (source?.kind === 'argument') args.push(source.index);
    else if (node.tracked && !node.recording)
      lost = 'all'; // gradients would flow on through its own history
    else if (source?.kind === 'variable') variables.add(source.state);
  }
  return { lost: variables.size > 0 ? joinLostHistory(lost, variables) : lost, args };
}

/** The sorted graph of a call of `f` with arguments of these types. */
export function captureCall(types: readonly ArgumentType[], f: Recorded): TopologicalOrder {
  return trace(types, f).order;
}

/** Makes a plan for a graph, whose fingerprint is a copy that lasts. */
export type PlanMaker = (order: TopologicalOrder) => Interruptible<PlanWithRows>;

/** Records `f`. Its plan is that of `planOf`, by default one from the cache. */
export function record(types: readonly ArgumentType[], f: Recorded, planOf?: PlanMaker): Recording {
  return runToEnd(recordInterruptibly(types, f, planOf));
}

/** The same, interruptibly. The first part is the call of `f`. */
export function* recordInterruptibly(
  types: readonly ArgumentType[],
  f: Recorded,
  planOf: PlanMaker = planOfCache,
): Interruptible<Recording> {
  const { order, ...traced } = trace(types, f);
  // Only sources and fingerprint are needed when the plan is in the cache; the other nodes can be forgotten.
  const lasting: TopologicalOrder = { ...order, fingerprint: copyFingerprint(order.fingerprint) };
  const binding = bindingOf(order);
  yield;
  const { plan, ...rows } = yield* planOf(lasting);
  return new PlannedRecording(plan, { ...binding, ...rows }, traced);
}

function* planOfCache(order: TopologicalOrder): Interruptible<PlanWithRows> {
  return { plan: yield* planInParts(order) };
}

/**
 * Nodes from before the recording keep the values that variables had then. Returns whether there are such nodes. Throws an Error for
 * nodes of another recording.
 */
function keepValuesFromOutside({ sources }: TopologicalOrder, recording: object | undefined): boolean {
  let isOutside = false;
  for (const node of sources) {
    if (node.recording && node.recording !== recording) throw otherRecording(node);
    if (node.source?.kind !== 'variable' || !(node.source.state instanceof VariableCell)) continue;
    if (node.recording) continue;
    node.source.state.keepOld();
    isOutside = true;
  }
  return isOutside;
}

function otherRecording({ shape, dtype }: Node): Error {
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

  constructor(plan: Plan, binding: Binding, { outputs, upstream, assigned }: Omit<Trace, 'order'>) {
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

  lostBehind(args: readonly Node[]): LostHistory {
    for (const node of args) node.captured = true;
    let { lost } = this.#upstream;
    for (const index of this.#upstream.args) {
      const node = args[index];
      if (node) lost = joinLostHistory(lost, node.tracked ? 'all' : node.lostHistory);
    }
    return lost;
  }

  run(args: readonly StoredValue[]): readonly StoredValue[] {
    for (const cell of this.#assigned) cell.keepOld();
    return this.#outputsOf(this.#plan.run({ ...this.#binding, args: this.#withoutAliases(args) }));
  }

  runSoon(args: readonly StoredValue[]): readonly StoredValue[] | Promise<readonly StoredValue[]> {
    for (const cell of this.#assigned) cell.keepOld();
    const values = this.#plan.runSoon({ ...this.#binding, args: this.#withoutAliases(args) });
    return values instanceof Promise ? values.then((all) => this.#outputsOf(all)) : this.#outputsOf(values);
  }

  /** The arguments, with copies of those that are values of variables which the plan overwrites. */
  #withoutAliases(args: readonly StoredValue[]): readonly StoredValue[] {
    return args.map((value) => (this.#overwrites(value) ? value.copy() : value));
  }

  #overwrites(value: StoredValue): boolean {
    return this.#assigned.some(({ storage }) => storage === value);
  }

  #outputsOf(values: readonly StoredValue[]): readonly StoredValue[] {
    return this.outputs.map((_, i) => {
      const value = values[this.#plan.outputOf[i] ?? -1];
      if (!value) throw new Error('internal: an output is missing');
      return value;
    });
  }
}
