// Realising: computing the nodes that somebody wants to read, and assigning variables. All nodes that are wanted together are
// computed by one plan.

import { type Node, type Source, settle, showShape } from '@treadle/graph';
import { type Found, find, type Root } from './capture.ts';
import { filledValue } from './filled.ts';
import { makePending, makePendingBy, type Pending, takePending } from './pending.ts';
import { type Binding, isSmall } from './plan.ts';
import { planFor } from './plans.ts';
import { StoredValue } from './storage.ts';
import { isRecording, VariableCell } from './variable.ts';

/** Values that share most of their work, a loss and its gradients: the next plan that computes anything computes them all. */
let companions: Node[] = [];
/** Large companions of assignments, which most programs ask for no more: they are left out until one is asked for. */
const leftOut = new WeakSet<Node>();
let isLeavingOut = true;

/** Asks for the nodes to be computed together with whatever is computed next. */
export function computeAlong(nodes: readonly Node[]): void {
  if (isRecording()) return; // a recording has one plan for everything anyway
  for (const node of nodes) if (isKnown(node)) companions.push(node);
}

/** Whether a node has a value of its own: what a recorded function computes has another one in every run. */
export function isKnown(node: Node): boolean {
  return node.recording === undefined;
}

/** Throws an Error for a node without a value of its own. */
function checkKnown(node: Node): void {
  if (isKnown(node)) return;
  const kinds = new Set(find([{ node }]).sources.map(({ source }) => source?.kind));
  const on = kinds.has('argument') ? 'an argument' : kinds.has('variable') ? 'a variable' : 'a random number';
  const read = `a read of ${showShape(node.shape)} ${node.dtype}, which depends on ${on}`;
  if (isRecording()) {
    throw new Error(
      `compile: a value is not known while the function is recorded; got ${read}; return the tensor and read it from the ` +
        'result (console.log shows a tensor without its values)',
    );
  }
  throw new Error(
    `compile: a tensor made inside a compiled function has no value outside it; got ${read}; return it from the function, ` +
      'in arrays or plain objects',
  );
}

/** The value of a node, computed if need be. Throws an Error for what is not known while a function is recorded. */
export function valueOf(node: Node): StoredValue {
  realize([node]);
  return storedIn(node);
}

/** The same with the event loop free. */
export async function valueOfAsync(node: Node): Promise<StoredValue> {
  checkKnown(node);
  makePending();
  if (!isRealized(node) && !isFilled(node)) {
    const found = prepare([node], new Map());
    const plan = planFor(found);
    settleRoots(found.roots, plan.outputOf, await plan.runAsync(bindingOf(found)));
  }
  return storedIn(node);
}

/**
 * The value that a variable begins with. In a recording it is computed once, from the variables as they are and random numbers
 * drawn now: a variable that a function makes is made once, too. Throws an Error for what depends on an argument.
 */
export function initialValueOf(node: Node): StoredValue {
  if (isKnown(node)) return valueOf(node);
  const found = prepare([node], new Map());
  if (found.sources.some(({ source }) => source?.kind === 'argument')) checkKnown(node);
  const plan = planFor(found);
  return plan.run(bindingOf(found))[plan.outputOf[0] ?? -1] ?? lacking();
}

export function realize(nodes: readonly Node[]): void {
  for (const node of nodes) checkKnown(node);
  const missing = nodes.filter((node) => !isRealized(node) && !isFilled(node));
  if (missing.length > 0) run(missing, takePending());
}

makePendingBy(() => run([], takePending()));

/**
 * Computes and assigns everything in one plan. Where that refuses something, it has assigned nothing: then each assignment is
 * made on its own, and each node computed after them, so that what is refused takes nothing else with it.
 */
function run(nodes: readonly Node[], assignments: Pending): void {
  const isOne = companions.length === 0 && nodes.length + assignments.size === 1;
  try {
    runTogether(nodes, assignments);
  } catch (error) {
    if (isOne || !(error instanceof RangeError)) throw error;
    const errors = [
      ...[...assignments].flatMap((one) => errorOf(() => runTogether([], new Map([one])))),
      ...nodes.flatMap((node) => errorOf(() => runTogether([node], new Map()))),
    ];
    if (errors.length > 0) throw errors[0];
  }
}

function errorOf(act: () => void): readonly unknown[] {
  try {
    act();
    return [];
  } catch (error) {
    return [error];
  }
}

function runTogether(nodes: readonly Node[], assignments: Pending): void {
  const found = prepare(nodes, assignments);
  const plan = planFor(found);
  const moves = [...assignments.keys()].map((cell) => cell.copyOld());
  const outputs = plan.run(bindingOf(found));
  for (const move of moves) move();
  settleRoots(found.roots, plan.outputOf, outputs);
}

function prepare(nodes: readonly Node[], assignments: Pending): Found {
  const roots: Root[] = nodes.map((node) => ({ node }));
  for (const [target, node] of assignments) roots.push({ node, target });
  if (nodes.some((node) => leftOut.has(node))) isLeavingOut = false;
  for (const node of companions) {
    if (node.source || nodes.includes(node)) continue;
    if (isLeavingOut && assignments.size > 0 && !isSmall(node.shape)) leftOut.add(node);
    else roots.push({ node });
  }
  companions = [];
  return find(roots);
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
    if (!target && storage && !node.source) settle(node, { kind: 'stored', storage });
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
