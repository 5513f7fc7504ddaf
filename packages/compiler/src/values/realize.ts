// Realizing: computes nodes whose values are read, and makes deferred assignments. All nodes that are wanted together, and all
// assignments, are one plan. If it refuses something, each is tried on its own, so that one bad index does not take the rest with it.

import {
  forgetHistory,
  InLoop,
  isReleased,
  type Node,
  release,
  resultsBeside,
  retain,
  type Source,
  type StoredArray,
  setSource,
  setSourceAndForgetHistory,
  showShape,
  sizeOf,
} from '@treadle/graph';
import { host, team } from '@treadle/runtime';
import type { Binding } from '../plan/binding.ts';
import type { Plan } from '../plan/plan.ts';
import { planFor } from '../plan/plan-cache.ts';
import { isSmall } from '../schedule/draft.ts';
import { type Root, type TopologicalOrder, topologicalOrder } from '../trace/capture.ts';
import { filledNumber, filledValue } from './constant-fill.ts';
import { type DeferredAssignments, flushAssignmentsBy, takeAssignments } from './deferred-assignments.ts';
import { StoredValue } from './stored-value.ts';
import { isRecording, VariableCell } from './variable.ts';

/** Nodes that share most of their work, such as a loss and its gradients. The next plan computes all of them. */
let companions: Node[] = [];
/** Large companions that were left out of a plan with assignments, because most programs never read them (gradients, after an update). */
const omitted = new WeakSet<Node>();
/** until the program reads one of them */
let isOmitting = true;

/** Lets the next plan compute these nodes together with whatever else it computes. */
export function computeAlong(nodes: readonly Node[]): void {
  if (isRecording()) return; // a recording is one plan anyway
  for (const node of nodes) if (isConcrete(node)) companions.push(node);
}

/** Whether a node has one value; a node of a recorded function has another value in every run. */
export function isConcrete(node: Node): boolean {
  return node.recording === undefined;
}

/** Throws an Error for a node of a recorded function or of a loop's body. */
function checkConcrete(node: Node): void {
  if (isConcrete(node)) return;
  if (node.recording instanceof InLoop) throw insideLoop(node);
  const kinds = new Set(topologicalOrder([{ node }]).sources.map(({ source }) => source?.kind));
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

/**
 * The value of a node, computed if necessary.
 *
 * @throws Error for a node of a recorded function or of a loop's body.
 */
export function valueOf(node: Node): StoredValue {
  realize([node]);
  return storedIn(node);
}

/**
 * The elements of a node at the time of the call, in a new array, without blocking the event loop. Later assignments and disposals change
 * nothing. If a plan is needed, it makes the deferred assignments, too.
 */
export async function readAsync(node: Node): Promise<StoredArray> {
  checkConcrete(node);
  if (isRealized(node) || settleIfFilled(node)) {
    forgetHistory(node);
    return storedIn(node).readAsync();
  }
  const assignments = takeAssignments();
  try {
    const { plan, binding, settle } = prepareRun([node], assignments);
    const outputs = await plan.runAsync(binding);
    return settle(outputs, () => (outputs[plan.outputOf[0] ?? -1] ?? missingValue()).read());
  } catch (error) {
    if (assignments.size === 0 || !(error instanceof RangeError)) throw error;
    runOneByOne([node], assignments);
    return storedIn(node).readAsync();
  } finally {
    assignments.forEach(release);
  }
}

/**
 * Resolves when the values of nodes can be read at once. Where the caller may block they always can. A value whose run fails throws when
 * it is read.
 */
export async function whenKnown(nodes: readonly Node[]): Promise<void> {
  if (host.canWait || nodes.length === 0) return;
  realize(nodes);
  await team.between(() => {});
}

/**
 * The initial value of a variable. In a recording it is computed once, from the present values of variables and from random numbers drawn
 * now, because a variable that a function makes is made once. Throws an Error for a node that depends on an argument.
 */
function initialValueOf(node: Node): StoredValue {
  if (isConcrete(node)) return valueOf(node);
  const order = orderOf([node], new Map());
  if (order.sources.some(({ source }) => source?.kind === 'argument')) checkConcrete(node);
  const plan = planFor(order);
  return plan.run(bindingOf(order))[plan.outputOf[0] ?? -1] ?? missingValue();
}

/**
 * The initial value of a variable, in storage for it.
 *
 * @throws Error for a node that depends on an argument of a recorded function.
 */
export function initialStorageOf(node: Node): StoredValue {
  const [length, filled] = [sizeOf(node.shape), filledNumber(node)];
  if (filled !== undefined) return StoredValue.fixed(length, node.dtype, (to) => to.fill(filled));
  return StoredValue.fixedCopy(initialValueOf(node));
}

/** Computes nodes, and makes deferred assignments if a plan is needed. Throws an Error for nodes without one value. */
export function realize(nodes: readonly Node[]): void {
  for (const node of nodes) checkConcrete(node);
  const missing = nodes.filter((node) => !isRealized(node) && !settleIfFilled(node));
  if (missing.length > 0) run(missing, takeAssignments());
  for (const node of nodes) forgetHistory(node); // also of a node that an earlier plan has computed along with others
}

flushAssignmentsBy(() => run([], takeAssignments()));

/**
 * Computes the nodes and makes the assignments, in one plan. If a kernel refuses something, the plan has assigned nothing; then each
 * assignment is made on its own, and each node is computed on its own after them.
 */
function run(nodes: readonly Node[], assignments: DeferredAssignments): void {
  const isOne = companions.length === 0 && nodes.length + assignments.size === 1;
  try {
    runTogether(nodes, assignments);
  } catch (error) {
    if (isOne || !(error instanceof RangeError)) throw error;
    runOneByOne(nodes, assignments);
  } finally {
    assignments.forEach(release);
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
  const { plan, binding, settle } = prepareRun(nodes, assignments);
  settle(plan.run(binding), () => undefined);
}

/** A plan and its binding, before the run. */
interface PreparedRun {
  readonly plan: Plan;
  readonly binding: Binding;
  /** Gives the outputs to the nodes whose values they are. An output that no node takes is freed after `read` has returned. */
  settle<T>(outputs: readonly StoredValue[], read: () => T): T;
}

function prepareRun(nodes: readonly Node[], assignments: DeferredAssignments): PreparedRun {
  for (const node of nodes) if (isReleased(node)) wakeUp(node);
  const order = orderOf(nodes, assignments);
  const plan = planFor(order);
  const binding = bindingOf(order);
  for (const cell of assignments.keys()) cell.keepOld();
  const settle: PreparedRun['settle'] = (outputs, read) => {
    for (const output of outputs) output.hold();
    settleRoots(order.roots, plan.outputOf, outputs);
    const result = read();
    for (const output of outputs) output.letGo();
    return result;
  };
  return { plan, binding, settle };
}

/** Wakes a node that only this call needs, without adding a use. */
function wakeUp(node: Node): void {
  retain(node);
  node.uses--;
}

function orderOf(nodes: readonly Node[], assignments: DeferredAssignments): TopologicalOrder {
  const roots: Root[] = nodes.map((node) => ({ node }));
  for (const [target, node] of assignments) roots.push({ node, target });
  if (nodes.some((node) => omitted.has(node))) isOmitting = false;
  const add = (node: Node, isUnread: boolean): void => {
    if (node.source || isReleased(node) || nodes.includes(node)) return;
    if (isOmitting && assignments.size > 0 && !isSmall(node.shape)) omitted.add(node);
    else roots.push({ node, isUnread });
  };
  for (const node of companions) add(node, false);
  for (const node of resultsBeside(nodes)) add(node, true);
  companions = [];
  return topologicalOrder(roots);
}

/** The binding of a sorted graph to the present values of its sources. */
export function bindingOf(order: TopologicalOrder, args: readonly StoredValue[] = []): Binding {
  const sources = order.sources.map(({ source }): Source => {
    if (!source) throw new Error('internal: a source without a value');
    return source;
  });
  const targets = order.roots.map(({ target }) => (target instanceof VariableCell ? target.storage : undefined));
  return { sources, args, targets };
}

function settleRoots(
  roots: readonly Root[],
  outputOf: readonly (number | undefined)[],
  outputs: readonly StoredValue[],
): void {
  roots.forEach(({ node, target, isUnread }, i) => {
    const storage = outputs[outputOf[i] ?? -1];
    if (target || !storage || node.source || isReleased(node)) return;
    if (isUnread) setSource(node, { kind: 'stored', storage });
    else setSourceAndForgetHistory(node, { kind: 'stored', storage });
  });
}

function isRealized(node: Node): boolean {
  return node.source?.kind === 'stored' || node.source?.kind === 'variable' || isNumber(node.source);
}

/** Gives a constant fill its value, without a plan. Whether the node is one. */
function settleIfFilled(node: Node): boolean {
  const storage = filledValue(node);
  if (storage) setSourceAndForgetHistory(node, { kind: 'stored', storage });
  return storage !== undefined;
}

function isNumber(source: Source | undefined): source is Extract<Source, { kind: 'number' | 'constant' }> {
  return source?.kind === 'number' || source?.kind === 'constant';
}

function storedIn(node: Node): StoredValue {
  const { source } = node;
  if (isNumber(source)) return filledValue(node) ?? missingValue();
  const storage =
    source?.kind === 'variable' ? source.state.storage : source?.kind === 'stored' ? source.storage : undefined;
  if (storage instanceof StoredValue) return storage;
  return missingValue();
}

function missingValue(): never {
  throw new Error('internal: a realized node has no value');
}
