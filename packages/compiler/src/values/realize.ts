// Realising: computing the nodes that somebody wants to read, and assigning variables. All nodes that are wanted together are
// computed by one plan.

import {
  forgetHistory,
  InLoop,
  isIdle,
  letGo,
  type Node,
  resultsBeside,
  retain,
  type Source,
  type StoredArray,
  settle,
  settleUnread,
  showShape,
  sizeOf,
} from '@treadle/graph';
import type { Binding } from '../plan/binding.ts';
import type { Plan } from '../plan/plan.ts';
import { planFor } from '../plan/plan-cache.ts';
import { isSmall } from '../schedule/draft.ts';
import { type Found, find, type Root } from '../trace/capture.ts';
import { filledNumber, filledValue } from './constant-fill.ts';
import { type DeferredAssignments, flushAssignmentsBy, takeAssignments } from './deferred-assignments.ts';
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
  if (node.recording instanceof InLoop) throw insideLoop(node);
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

function insideLoop({ shape, dtype }: Node): Error {
  return new Error(
    `scan: what a step makes is not known before the loop runs; got a read of ${showShape(shape)} ${dtype}; return it from the ` +
      'function, as carry or as y, and read the result',
  );
}

/** The value of a node, computed if need be. Throws an Error for what is not known while a function is recorded. */
export function valueOf(node: Node): StoredValue {
  realize([node]);
  return storedIn(node);
}

/**
 * The elements of a node as they are at the time of the call, in an array of their own, with the event loop free. What is
 * assigned or disposed of later changes nothing. The assignments that wait are made by the same plan, if there is one.
 */
export async function readAsync(node: Node): Promise<StoredArray> {
  checkKnown(node);
  if (isRealized(node) || isFilled(node)) {
    forgetHistory(node);
    return storedIn(node).readAsync();
  }
  const assignments = takeAssignments();
  try {
    const { plan, binding, settle } = begin([node], assignments);
    const outputs = await plan.runAsync(binding);
    return settle(outputs, () => (outputs[plan.outputOf[0] ?? -1] ?? lacking()).read());
  } catch (error) {
    if (assignments.size === 0 || !(error instanceof RangeError)) throw error;
    runOneByOne([node], assignments);
    return storedIn(node).readAsync();
  } finally {
    assignments.forEach(letGo);
  }
}

/**
 * The value that a variable begins with. In a recording it is computed once, from the variables as they are and random numbers
 * drawn now: a variable that a function makes is made once, too. Throws an Error for what depends on an argument.
 */
function initialValueOf(node: Node): StoredValue {
  if (isKnown(node)) return valueOf(node);
  const found = prepare([node], new Map());
  if (found.sources.some(({ source }) => source?.kind === 'argument')) checkKnown(node);
  const plan = planFor(found);
  return plan.run(bindingOf(found))[plan.outputOf[0] ?? -1] ?? lacking();
}

/** That value in a block of its own, for a variable. */
export function initialStorageOf(node: Node): StoredValue {
  const [length, filled] = [sizeOf(node.shape), filledNumber(node)];
  if (filled !== undefined) return StoredValue.fixed(length, node.dtype, (to) => to.fill(filled));
  const value = initialValueOf(node);
  return StoredValue.fixed(length, node.dtype, (to) => value.write(to));
}

export function realize(nodes: readonly Node[]): void {
  for (const node of nodes) checkKnown(node);
  const missing = nodes.filter((node) => !isRealized(node) && !isFilled(node));
  if (missing.length > 0) run(missing, takeAssignments());
  for (const node of nodes) forgetHistory(node); // of what was computed along with another, and is read now
}

flushAssignmentsBy(() => run([], takeAssignments()));

/**
 * Computes and assigns everything in one plan. Where that refuses something, it has assigned nothing: then each assignment is
 * made on its own, and each node computed after them, so that what is refused takes nothing else with it.
 */
function run(nodes: readonly Node[], assignments: DeferredAssignments): void {
  const isOne = companions.length === 0 && nodes.length + assignments.size === 1;
  try {
    runTogether(nodes, assignments);
  } catch (error) {
    if (isOne || !(error instanceof RangeError)) throw error;
    runOneByOne(nodes, assignments);
  } finally {
    assignments.forEach(letGo);
  }
}

function runOneByOne(nodes: readonly Node[], assignments: DeferredAssignments): void {
  const errors = [
    ...[...assignments].flatMap((one) => errorOf(() => runTogether([], new Map([one])))),
    ...nodes.flatMap((node) => errorOf(() => runTogether([node], new Map()))),
  ];
  if (errors.length > 0) throw errors[0];
}

function errorOf(act: () => void): readonly unknown[] {
  try {
    act();
    return [];
  } catch (error) {
    return [error];
  }
}

function runTogether(nodes: readonly Node[], assignments: DeferredAssignments): void {
  const { plan, binding, settle } = begin(nodes, assignments);
  settle(plan.run(binding), () => undefined);
}

/** A plan bound to its values as they are now, about to run. */
interface Begun {
  readonly plan: Plan;
  readonly binding: Binding;
  /** Gives its outputs to the nodes that they are the values of; those that no node takes live until `read` has read them. */
  settle<T>(outputs: readonly StoredValue[], read: () => T): T;
}

function begin(nodes: readonly Node[], assignments: DeferredAssignments): Begun {
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
  return { plan, binding, settle };
}

/** The value of what nothing else needs is asked for by this call alone. */
function wakeUp(node: Node): void {
  retain(node);
  node.uses--;
}

function prepare(nodes: readonly Node[], assignments: DeferredAssignments): Found {
  const roots: Root[] = nodes.map((node) => ({ node }));
  for (const [target, node] of assignments) roots.push({ node, target });
  if (nodes.some((node) => leftOut.has(node))) isLeavingOut = false;
  const add = (node: Node, isUnread: boolean): void => {
    if (node.source || isIdle(node) || nodes.includes(node)) return;
    if (isLeavingOut && assignments.size > 0 && !isSmall(node.shape)) leftOut.add(node);
    else roots.push({ node, isUnread });
  };
  for (const node of companions) add(node, false);
  for (const node of resultsBeside(nodes)) add(node, true);
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
  roots.forEach(({ node, target, isUnread }, i) => {
    const storage = outputs[outputOf[i] ?? -1];
    if (target || !storage || node.source || isIdle(node)) return;
    if (isUnread) settleUnread(node, { kind: 'stored', storage });
    else settle(node, { kind: 'stored', storage });
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
