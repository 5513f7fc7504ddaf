// The reverse walk: from a scalar back over the graph, every op adding the gradients of its inputs, written in ops. So the
// result is nodes like any others, and has gradients of its own. No tape: the graph is the record.

import { DtypeError, ShapeError } from './calls/errors.ts';
import { isFloat } from './dtype.ts';
import { constantNode, joinLost, type Lost, type Node } from './node.ts';
import type { PartGradient } from './op.ts';
import { broadcastTo, sumTo } from './ops/index.ts';
import { sumOfParts } from './ops/moves/parts.ts';
import { sameShape, showShape } from './shape.ts';

/**
 * dy/dx for each x of `xs`, of x's shape; zeros where y does not depend on x. y must be a single float32 number, or a
 * gradient `seed` of its shape must be given. Throws ShapeError or DtypeError otherwise, and an Error where a path from x to y
 * may have gone through a value whose history was dropped: what is left would be wrong.
 */
export function gradients(y: Node, xs: readonly Node[], seed?: Node): readonly Node[] {
  if (!seed && y.shape.length > 0) {
    throw new ShapeError(
      `gradients: y must be a single number; got shape ${showShape(y.shape)}; sum or mean makes it one`,
    );
  }
  if (y.dtype !== 'float32') throw new DtypeError(`gradients: y must be float32; got ${y.dtype}`);
  const { between: upstream, lost, lostTargets } = nodesBetween(y, new Set(xs));
  const between = new Set(upstream);
  const sums = new Map<Node, Node>();
  if (upstream.length > 0) sums.set(y, seed ?? constantNode(1, 'float32'));
  addUp(upstream, between, sums);
  return xs.map((x) => {
    const dx = sums.get(x);
    if (isLostFor(x, lost)) throw lostPath();
    for (const other of lostTargets) if (other !== x && isLostFor(x, other.lost)) throw lostPath();
    if (!dx) return broadcastTo(constantNode(0, 'float32'), x.shape);
    return sameShape(dx.shape, x.shape) ? dx : broadcastTo(dx, x.shape);
  });
}

/** Adds what each node passes on to the gradients of its inputs, of those that are among `between`; consumers come first. */
export function addUp(nodes: readonly Node[], between: ReadonlySet<Node>, sums: Map<Node, Node>): void {
  const terms = termsOf(nodes, between, sums);
  for (const [node, parts] of terms) sums.set(node, sumOfParts(parts));
}

/** The same, what is to be added up for each node as a list. */
export function termsOf(
  nodes: readonly Node[],
  between: ReadonlySet<Node>,
  sums: ReadonlyMap<Node, Node>,
): ReadonlyMap<Node, readonly Node[]> {
  const terms = new Map<Node, Node[]>([...sums].map(([node, dy]) => [node, [dy]]));
  const parts = new Map<Node, PartGradient[]>();
  const isWanted = (input: Node | undefined): input is Node =>
    input !== undefined && isFloat(input.dtype) && between.has(input);
  const pass = ({ inputs }: Node, dxs: readonly (Node | undefined)[]): void => {
    dxs.forEach((dx, i) => {
      const input = inputs[i];
      if (dx && isWanted(input)) push(terms, input, sumTo(dx, input.shape));
    });
  };
  for (const node of nodes) {
    const { op } = node;
    if (op?.gradientOfParts) {
      const dys = parts.get(node);
      if (dys)
        pass(
          node,
          op.gradientOfParts(dys, node, (i) => isWanted(node.inputs[i])),
        );
      continue;
    }
    const all = terms.get(node);
    if (!all) continue;
    const dy = sumOfParts(all);
    terms.set(node, [dy]);
    const [whole] = node.inputs;
    if (op?.kind === 'part' && whole) push(parts, whole, { part: op.part, dy });
    else if (op) pass(node, op.gradient(dy, node, node.inputs));
  }
  return terms;
}

function push<T>(lists: Map<Node, T[]>, node: Node, x: T): void {
  const list = lists.get(node);
  if (list) list.push(x);
  else lists.set(node, [x]);
}

/** Whether a path from x may have gone through what is lost. */
function isLostFor(x: Node, lost: Lost): boolean {
  if (lost === 'none') return false;
  if (!x.tracked) return x.captured; // no plan has computed anything from x: then no lost value came from it
  if (typeof lost === 'string') return lost === 'all';
  if (x.op) return false; // only variables are in the set
  return x.source?.kind !== 'variable' || lost.has(x.source.state);
}

function lostPath(): Error {
  return new Error(
    'gradients: no path from x to y must be lost; got a y computed from what has no history; values that were read have one only ' +
      'where a variable is upstream, results of compiled functions have none: call gradients before reading, or inside the ' +
      'compiled function, or use grad; detach() what no gradient shall pass through',
  );
}

interface Upstream {
  /** the nodes on a way from y down to one of the targets, consumers before what they consume */
  readonly between: readonly Node[];
  /** what may be further upstream of other nodes than the targets, where a history was dropped */
  readonly lost: Lost;
  /** the targets whose own history was dropped: others may lie behind them */
  readonly lostTargets: readonly Node[];
}

function nodesBetween(y: Node, targets: ReadonlySet<Node>): Upstream {
  const leads = new Map<Node, boolean>();
  const order: Node[] = [];
  // Depth first without recursion: a node is entered once, and left when all of its inputs have been.
  const stack: { node: Node; next: number }[] = [{ node: y, next: 0 }];
  leads.set(y, targets.has(y));
  let lost: Lost = 'none';
  const lostTargets: Node[] = [];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (!top) break;
    const input = top.node.op?.stopsGradients ? undefined : top.node.inputs[top.next++];
    if (input) {
      if (!leads.has(input)) {
        leads.set(input, targets.has(input));
        stack.push({ node: input, next: 0 });
      }
      continue;
    }
    stack.pop();
    if (!top.node.op && top.node.lost !== 'none') {
      if (targets.has(top.node)) lostTargets.push(top.node);
      else lost = joinLost(lost, top.node.lost);
    }
    if (!top.node.op?.stopsGradients && top.node.inputs.some((i) => leads.get(i))) leads.set(top.node, true);
    if (leads.get(top.node)) order.push(top.node);
  }
  return { between: order.reverse(), lost, lostTargets };
}
