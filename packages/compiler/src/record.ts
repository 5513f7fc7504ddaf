// Recording: a function on nodes, called once with stand-ins for its arguments, becomes a plan that is run for every further
// call. Assignments that it makes to variables are part of the plan.

import { type Dtype, type Node, type Shape, sourceNode } from '@treadle/graph';
import { type Found, find, type Root } from './capture.ts';
import type { Binding, Plan } from './plan.ts';
import { keepFor, planFor } from './plans.ts';
import { bindingOf } from './realize.ts';
import type { StoredValue } from './storage.ts';
import { noteAssignments, VariableCell } from './variable.ts';

export interface ArgumentType {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

export interface Recording {
  readonly outputs: readonly ArgumentType[];
  /** whether the value of a variable is among what it computes from */
  readonly readsVariables: boolean;
  run(args: readonly StoredValue[]): readonly StoredValue[];
  runAsync(args: readonly StoredValue[]): Promise<readonly StoredValue[]>;
}

/** A function on nodes; its result says which are wanted. */
export type Recorded = (args: readonly Node[]) => readonly Node[];

/** The plan of a capture, and of how many rows the capture is, if the plan takes more. */
export interface Planned {
  readonly plan: Plan;
  readonly rows?: number;
}

/** What a call of a function would compute. */
interface Trace {
  readonly found: Found;
  readonly outputs: readonly ArgumentType[];
  /** the variables that it assigns */
  readonly assigned: readonly VariableCell[];
}

/** Calls `f` once with stand-ins for its arguments; nothing is computed, and no variable changes. */
export function trace(types: readonly ArgumentType[], f: Recorded): Trace {
  const args = types.map(({ shape, dtype }, index) => sourceNode({ kind: 'argument', index }, shape, dtype, true));
  const { result, assignments } = noteAssignments(() => f(args));
  const roots: Root[] = [
    ...result.map((node) => ({ node })),
    ...[...assignments].map(([target, node]) => ({ node, target })),
  ];
  keepOutside(roots);
  const outputs = result.map(({ shape, dtype }) => ({ shape, dtype }));
  return { found: find(roots), outputs, assigned: [...assignments.keys()] };
}

/** What `f` captures for arguments of these types. */
export function captureCall(types: readonly ArgumentType[], f: Recorded): Found {
  return trace(types, f).found;
}

/** Records `f`, to be run with a plan of the cache, or one of its own. */
export function record(
  types: readonly ArgumentType[],
  f: Recorded,
  planOf: (found: Found) => Planned = (found) => ({ plan: planFor(found) }),
): Recording {
  const { found, outputs, assigned } = trace(types, f);
  // Only sources and structure are needed from here on; the nodes between them can be forgotten.
  const { plan, ...rows } = planOf(found);
  return new PlannedRecording(plan, { ...bindingOf(found), ...rows }, outputs, assigned);
}

/** What was written down before the recording began goes on seeing the values that variables had then. */
function keepOutside(roots: readonly Root[]): void {
  for (const node of find(roots).sources) {
    if (node.source?.kind !== 'variable' || !(node.source.state instanceof VariableCell)) continue;
    if (node.source.state.node === node) node.source.state.keepOld();
  }
}

class PlannedRecording implements Recording {
  readonly outputs: readonly ArgumentType[];
  readonly readsVariables: boolean;
  readonly #plan: Plan;
  readonly #binding: Binding;
  readonly #assigned: readonly VariableCell[];

  constructor(plan: Plan, binding: Binding, outputs: readonly ArgumentType[], assigned: readonly VariableCell[]) {
    this.#plan = plan;
    this.#binding = binding;
    this.outputs = outputs;
    this.readsVariables = binding.sources.some(({ kind }) => kind === 'variable');
    this.#assigned = assigned;
    keepFor(this, plan);
  }

  run(args: readonly StoredValue[]): readonly StoredValue[] {
    for (const cell of this.#assigned) cell.keepOld();
    const own = args.map((value) => (this.#writes(value) ? value.copy() : value));
    return this.#inOrder(this.#plan.run({ ...this.#binding, args: own }));
  }

  async runAsync(args: readonly StoredValue[]): Promise<readonly StoredValue[]> {
    const fills = this.#assigned.map((cell) => cell.keepOldLater());
    const own = args.map((value) => {
      if (!this.#writes(value)) return value;
      const { copy, fill } = value.copyLater();
      fills.push(fill);
      return copy;
    });
    const before = (): void => {
      for (const fill of fills) fill();
    };
    return this.#inOrder(await this.#plan.runAsync({ ...this.#binding, args: own }, before));
  }

  /** Whether the plan writes the value: an argument that is the present value of a variable is read from a copy. */
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
