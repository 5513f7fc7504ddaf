// Realising: computing the nodes that somebody wants to read, and assigning variables. All nodes that are wanted together are
// computed by one plan.

import { type Node, type Source, settle } from '@treadle/graph';
import { type Capture, capture, type Root } from './capture.ts';
import type { Binding } from './plan.ts';
import { planFor } from './plans.ts';
import { StoredValue, type Values } from './storage.ts';
import { isRecording, VariableCell } from './variable.ts';

/** Values that share most of their work, a loss and its gradients: the next plan that computes anything computes them all. */
const companions = new Set<Node>();

/** Asks for the nodes to be computed together with whatever is computed next. */
export function computeAlong(nodes: readonly Node[]): void {
  if (isRecording()) return; // a recording has one plan for everything anyway
  for (const node of nodes) if (!node.source) companions.add(node);
}

/** The value of a node, computed if need be. */
export function valueOf(node: Node): StoredValue {
  realize([node]);
  return storedIn(node);
}

/** The same with the event loop free. */
export async function valueOfAsync(node: Node): Promise<StoredValue> {
  if (!isRealized(node)) {
    const { captured, roots } = prepare([node]);
    const plan = planFor(captured);
    settleRoots(roots, plan.outputOf, await plan.runAsync(bindingOf(captured)));
  }
  return storedIn(node);
}

export function realize(nodes: readonly Node[], assign?: { readonly cell: VariableCell; readonly value: Node }): void {
  const missing = nodes.filter((node) => !isRealized(node));
  if (missing.length === 0 && !assign) return;
  const { captured, roots } = prepare(missing, assign);
  const plan = planFor(captured);
  settleRoots(roots, plan.outputOf, plan.run(bindingOf(captured)));
}

/** Computes `value` into the variable, now. */
export function writeVariable(cell: VariableCell, value: Node): void {
  realize([], { cell, value });
}

function prepare(
  nodes: readonly Node[],
  assign?: { readonly cell: VariableCell; readonly value: Node },
): { captured: Capture; roots: readonly Root[] } {
  const roots: Root[] = nodes.map((node) => ({ node }));
  if (assign) roots.push({ node: assign.value, target: assign.cell });
  for (const node of companions) if (!node.source && !nodes.includes(node)) roots.push({ node });
  companions.clear();
  const captured = capture(roots);
  for (const at of captured.sources) {
    if (captured.entries[at]?.node.source?.kind === 'argument') {
      throw new Error(
        'compile: a value is not known while the function is recorded; it was read (by data, item, toArray or printing) inside it',
      );
    }
  }
  return { captured, roots };
}

/** What the sources of a capture are bound to, each as it is now. */
export function bindingOf(captured: Capture, args: readonly StoredValue[] = []): Binding {
  const sources = captured.sources.map((at): Source => {
    const source = captured.entries[at]?.node.source;
    if (!source) throw new Error('internal: a source without a value');
    return source;
  });
  const targets = captured.roots.map(({ target }) => (target instanceof VariableCell ? target.storage : undefined));
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
  return node.source?.kind === 'stored' || node.source?.kind === 'variable' || node.source?.kind === 'number';
}

function storedIn(node: Node): StoredValue {
  const { source } = node;
  if (source?.kind === 'number') {
    const values: Values = node.dtype === 'float32' ? new Float32Array([source.value]) : new Int32Array([source.value]);
    return StoredValue.of(values, node.dtype);
  }
  const storage =
    source?.kind === 'variable' ? source.state.storage : source?.kind === 'stored' ? source.storage : undefined;
  if (storage instanceof StoredValue) return storage;
  throw new Error('internal: a realised node has no value');
}
