// Ops of several results: the results are parts of a node that has no value of its own. The same part is always the same node, so a
// gradient uses the values that the forward pass computed.

import { partKey, partType } from './loops/loop-body.ts';
import { applyOp } from './make-node.ts';
import type { Node, Part, PartGradient, PartOp, ResultType, TiledOp } from './node.ts';
import { isReleased } from './node-lifetime.ts';
import { sumOfTerms } from './ops/moves/sum-of-terms.ts';

/** the parts made so far, by node and key */
const partsOf = new WeakMap<Node, Map<string, Node>>();

/** A part of a node: the same node as before, unless that was computed and released. */
export function partNode(whole: Node, part: Part): Node {
  const parts = partsOf.get(whole) ?? new Map<string, Node>();
  partsOf.set(whole, parts);
  const key = partKey(part);
  const before = parts.get(key);
  const isFreed = before?.source !== undefined && isReleased(before);
  if (before?.op && !isFreed) return before;
  const op: PartOp = { kind: 'part', name: whole.op?.name ?? 'part', key, part, gradient: () => [] };
  const { shape, dtype } = partType(whole.op, part);
  const node = applyOp(op, [whole], shape, dtype);
  parts.set(key, node);
  return node;
}

/** the parts of each node that its op returned as results; a gradient may use further parts */
const notedResults = new WeakMap<Node, readonly Node[]>();

/** Notes the results of an op of several; some of them may be other nodes than parts of it. */
export function noteResults(whole: Node, results: readonly Node[]): void {
  notedResults.set(
    whole,
    results.filter((node) => node.op?.kind === 'part' && node.inputs[0] === whole),
  );
}

/** The results that belong to the same ops as these nodes (or the nodes that these move), are used, and have no value yet. */
export function resultsBeside(nodes: readonly Node[]): readonly Node[] {
  const asked = new Set(nodes.map(behindMoves));
  return [...asked].flatMap(({ op, source, inputs: [whole] }) => {
    if (op?.kind !== 'part' || source || !whole) return [];
    return (notedResults.get(whole) ?? []).filter((part) => part.uses > 0 && !part.source && !asked.has(part));
  });
}

/** The node that a chain of moves without values begins with. */
function behindMoves(node: Node): Node {
  let from = node;
  while (from.op?.kind === 'move' && !from.source) from = from.inputs[0] ?? from;
  return from;
}

/** A tiled op of several results: its gradient is given by result. */
export interface ResultsOp extends Omit<TiledOp, 'kind' | 'gradient' | 'gradientOfParts'> {
  readonly results: readonly ResultType[];
  /**
   * The gradient of each input, given those of the results; undefined for a result on which nothing depends. It must use the results
   * and inputs that it is given: the op may be applied to other inputs than those it was made for.
   */
  gradientOfResults(
    dys: readonly (Node | undefined)[],
    results: readonly Node[],
    inputs: readonly Node[],
  ): readonly (Node | undefined)[];
}

/** The results of the op on these inputs. One run of its kernels computes all of them that are used. */
export function resultNodes({ gradientOfResults, ...record }: ResultsOp, inputs: readonly Node[]): readonly Node[] {
  const resultsOf = (node: Node): readonly Node[] =>
    record.results.map((_, index) => partNode(node, { kind: 'result', index }));
  const op: TiledOp = {
    ...record,
    kind: 'tiled',
    gradient: () => [],
    gradientOfParts: (dys, node) =>
      gradientOfResults(
        record.results.map((_, index) => arriving(dys, index)),
        resultsOf(node),
        node.inputs,
      ),
  };
  const whole = applyOp(op, inputs, [], 'float32');
  const results = resultsOf(whole);
  noteResults(whole, results);
  return results;
}

/** The gradient of a result: the sum of what arrives for it. */
function arriving(dys: readonly PartGradient[], index: number): Node | undefined {
  const all = dys.flatMap(({ part, dy }) => (part.kind === 'result' && part.index === index ? [dy] : []));
  return all.length > 0 ? sumOfTerms(all) : undefined;
}
