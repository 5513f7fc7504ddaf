// The results of an op of several: parts of its node, which has no value itself. A part that is asked for again is the same node,
// so a gradient reads the values that are there.

import { partKey, partType } from './loops/loop-body.ts';
import { applyOp } from './make-node.ts';
import type { Node, Part, PartGradient, PartOp, ResultType, TiledOp } from './node.ts';
import { isReleased } from './node-lifetime.ts';
import { sumOfTerms } from './ops/moves/sum-of-terms.ts';

/** By node and key, the parts made so far. */
const partsOf = new WeakMap<Node, Map<string, Node>>();

/** A part of a node: the same node again, unless that has let go of what it is computed from. */
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

/** The parts of each node that were given to whoever made it; a gradient may ask for others. */
const notedResults = new WeakMap<Node, readonly Node[]>();

/** Notes the results of an op of several, of which some may be other nodes than parts of it. */
export function noteResults(whole: Node, results: readonly Node[]): void {
  notedResults.set(
    whole,
    results.filter((node) => node.op?.kind === 'part' && node.inputs[0] === whole),
  );
}

/** Of ops of which some nodes are results, seen through moves: the other results that something needs and that have no value yet. */
export function resultsBeside(nodes: readonly Node[]): readonly Node[] {
  const asked = new Set(nodes.map(behindMoves));
  return [...asked].flatMap(({ op, source, inputs: [whole] }) => {
    if (op?.kind !== 'part' || source || !whole) return [];
    return (notedResults.get(whole) ?? []).filter((part) => part.uses > 0 && !part.source && !asked.has(part));
  });
}

/** What a node without a value only moves. */
function behindMoves(node: Node): Node {
  let from = node;
  while (from.op?.kind === 'move' && !from.source) from = from.inputs[0] ?? from;
  return from;
}

/** A tiled op of several results. */
export interface ResultsOp extends Omit<TiledOp, 'kind' | 'gradient' | 'gradientOfParts'> {
  readonly results: readonly ResultType[];
  /**
   * Gradient of each input, given those of the results, undefined where nothing depends on one; all are written in ops. The node's
   * own results and inputs are given: an op may be applied to others than it was made for.
   */
  gradientOfResults(
    dys: readonly (Node | undefined)[],
    results: readonly Node[],
    inputs: readonly Node[],
  ): readonly (Node | undefined)[];
}

/** The results of the op: one kernel run gives all of them that something needs. */
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

function arriving(dys: readonly PartGradient[], index: number): Node | undefined {
  const all = dys.flatMap(({ part, dy }) => (part.kind === 'result' && part.index === index ? [dy] : []));
  return all.length > 0 ? sumOfTerms(all) : undefined;
}
