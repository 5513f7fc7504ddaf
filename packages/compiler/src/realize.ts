// Realising: computing the nodes that somebody wants to read, and assigning variables. All nodes that are wanted together are
// computed by one plan.

import { isIdle, letGo, type Node, retain, type Source, settle } from '@treadle/graph';
import { type Found, find, type Root } from './capture.ts';
import { filledValue } from './filled.ts';
import { makePendingBy, type Pending, takePending } from './pending.ts';
import { type Binding, isSmall, type Plan } from './plan.ts';
import { planFor } from './plans.ts';
import { areRunsUnderWay, StoredValue, type Values } from './storage.ts';
import { isRecording, VariableCell } from './variable.ts';

/** Values that share most of their work, a loss and its gradients: the next plan that computes anything computes them all. */
let companions: Node[] = [];
/** Large companions of assignments, which most programs ask for no more: they are left out until one is asked for. */
const leftOut = new WeakSet<Node>();
let isLeavingOut = true;

/** Asks for the nodes to be computed together with whatever is computed next. */
export function computeAlong(nodes: readonly Node[]): void {
  if (isRecording()) return; // a recording has one plan for everything anyway
  companions.push(...nodes);
}

/** The value of a node, computed if need be. */
export function valueOf(node: Node): StoredValue {
  realize([node]);
  return storedIn(node);
}

/**
 * The elements of a node as they are at the time of the call, in an array of their own, with the event loop free. What is
 * assigned or disposed of later changes nothing. The assignments that wait are made by the same plan, if there is one.
 */
export async function readAsync(node: Node): Promise<Values> {
  const isVariable = node.source?.kind === 'variable';
  // A run under way may write a variable: then it is read in its turn, by a plan that copies it.
  if (isVariable ? !areRunsUnderWay() : isRealized(node) || isFilled(node)) return storedIn(node).read();
  const begun = begin([node], isVariable ? new Map() : takePending());
  try {
    const outputs = await begun.plan.runAsync(begun.binding);
    return begun.settle(outputs, () => (outputs[begun.plan.outputOf[0] ?? -1] ?? lacking()).read());
  } finally {
    begun.end();
  }
}

export function realize(nodes: readonly Node[]): void {
  const missing = nodes.filter((node) => !isRealized(node) && !isFilled(node));
  if (missing.length > 0) run(missing, takePending());
}

makePendingBy(() => run([], takePending()));

function run(nodes: readonly Node[], assignments: Pending): void {
  const { plan, binding, settle, end } = begin(nodes, assignments);
  try {
    settle(plan.run(binding), () => undefined);
  } finally {
    end();
  }
}

/** A plan bound to its values as they are now, about to run. */
interface Begun {
  readonly plan: Plan;
  readonly binding: Binding;
  /** Gives its outputs to the nodes that they are the values of; those that no node takes live until `read` has read them. */
  settle<T>(outputs: readonly StoredValue[], read: () => T): T;
  /** Lets go of what the assignments were computed from. */
  end(): void;
}

function begin(nodes: readonly Node[], assignments: Pending): Begun {
  const end = (): void => assignments.forEach(letGo);
  try {
    for (const node of nodes) if (isIdle(node)) wakeUp(node);
    const found = prepare(nodes, assignments);
    const plan = planFor(found);
    const binding = bindingOf(found);
    for (const cell of assignments.keys()) cell.keepOld();
    const settle: Begun['settle'] = (outputs, read) => {
      for (const output of outputs) output.hold();
      settleRoots(found.roots, plan.outputOf, outputs);
      const result = read();
      for (const output of outputs) output.letGo();
      return result;
    };
    return { plan, binding, settle, end };
  } catch (error) {
    end();
    throw error;
  }
}

/** The value of what nothing else needs is asked for by this call alone. */
function wakeUp(node: Node): void {
  retain(node);
  node.uses--;
}

function prepare(nodes: readonly Node[], assignments: Pending): Found {
  const roots: Root[] = nodes.map((node) => ({ node }));
  for (const [target, node] of assignments) roots.push({ node, target });
  if (nodes.some((node) => leftOut.has(node))) isLeavingOut = false;
  for (const node of companions) {
    if (node.source || isIdle(node) || nodes.includes(node)) continue;
    if (isLeavingOut && assignments.size > 0 && !isSmall(node.shape)) leftOut.add(node);
    else roots.push({ node });
  }
  companions = [];
  const found = find(roots);
  for (const { source } of found.sources) {
    if (source?.kind === 'argument') {
      throw new Error(
        'compile: a value is not known while the function is recorded; it was read (by data, item, toArray or printing) inside it',
      );
    }
  }
  return found;
}

/** What the sources of a capture are bound to, each as it is now. */
export function bindingOf(found: Found, args: readonly StoredValue[] = []): Binding {
  const sources = found.sources.map(({ source }): Source => {
    if (!source) throw new Error('internal: a source without a value');
    return source;
  });
  const targets = found.roots.map(({ target }) => (target instanceof VariableCell ? target.storage : undefined));
  return { sources, args, targets };
}

function settleRoots(
  roots: readonly Root[],
  outputOf: readonly (number | undefined)[],
  outputs: readonly StoredValue[],
): void {
  roots.forEach(({ node, target }, i) => {
    const storage = outputs[outputOf[i] ?? -1];
    if (!target && storage && !node.source && !isIdle(node)) settle(node, { kind: 'stored', storage });
  });
}

function isRealized(node: Node): boolean {
  return node.source?.kind === 'stored' || node.source?.kind === 'variable' || isNumber(node.source);
}

/** Whether the node needs no plan; if so it has its value now. */
function isFilled(node: Node): boolean {
  const storage = filledValue(node);
  if (storage) settle(node, { kind: 'stored', storage });
  return storage !== undefined;
}

function isNumber(source: Source | undefined): source is Extract<Source, { kind: 'number' | 'constant' }> {
  return source?.kind === 'number' || source?.kind === 'constant';
}

function storedIn(node: Node): StoredValue {
  const { source } = node;
  if (isNumber(source)) return filledValue(node) ?? lacking();
  const storage =
    source?.kind === 'variable' ? source.state.storage : source?.kind === 'stored' ? source.storage : undefined;
  if (storage instanceof StoredValue) return storage;
  return lacking();
}

function lacking(): never {
  throw new Error('internal: a realised node has no value');
}
