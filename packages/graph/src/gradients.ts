// Reverse-mode differentiation: a walk from a scalar back over the graph, in which every op adds to the gradients of its inputs. The
// gradients are nodes like any others, so they have gradients themselves. There is no tape: the graph is the record.

import { DtypeError, ShapeError } from './calls/errors.ts';
import { isFloat } from './dtype.ts';
import { joinLostHistory } from './lost-history.ts';
import { constantNode, newWalk } from './make-node.ts';
import type { LostHistory, Node, PartGradient } from './node.ts';
import { broadcastTo, sumTo } from './ops/index.ts';
import { sumOfTerms } from './ops/moves/sum-of-terms.ts';
import { sameShape, showShape } from './shape.ts';

/**
 * dy/dx for each x of `xs`, of x's shape; zeros where y does not depend on x. y is a single float32 number, or any float32 node with
 * its gradient `seed`.
 *
 * @throws ShapeError or DtypeError for another y; Error where a path from x to y may lead through a value whose history was dropped,
 * because the gradient would be too small.
 */
export function gradients(y: Node, xs: readonly Node[], seed?: Node): readonly Node[] {
  if (!seed && y.shape.length > 0) {
    throw new ShapeError(
      `gradients: y must be a single number; got shape ${showShape(y.shape)}; sum or mean makes it one`,
    );
  }
  if (y.dtype !== 'float32') throw new DtypeError(`gradients: y must be float32; got ${y.dtype}`);
  const { between: upstream, lost, lostTargets } = upstreamOf(y, new Set(xs));
  const between = new Set(upstream);
  const sums = new Map<Node, Node>();
  if (upstream.length > 0) sums.set(y, seed ?? constantNode(1, 'float32'));
  addUp(upstream, between, sums);
  return xs.map((x) => {
    const dx = sums.get(x);
    if (isLostFor(x, lost)) throw missingHistory();
    for (const other of lostTargets) if (other !== x && isLostFor(x, other.lostHistory)) throw missingHistory();
    if (!dx) return broadcastTo(constantNode(0, 'float32'), x.shape);
    return sameShape(dx.shape, x.shape) ? dx : broadcastTo(dx, x.shape);
  });
}

/** Adds to `sums` the gradients of the nodes `between` that the given nodes, consumers first, pass on to their inputs. */
export function addUp(nodes: readonly Node[], between: ReadonlySet<Node>, sums: Map<Node, Node>): void {
  const terms = termsOf(nodes, between, sums);
  for (const [node, parts] of terms) sums.set(node, sumOfTerms(parts));
}

/** The same as lists of terms, which the caller adds up. */
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
    const dy = sumOfTerms(all);
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

/** Whether a path from x may lead through the lost history. */
function isLostFor(x: Node, lost: LostHistory): boolean {
  if (lost === 'none') return false;
  if (!x.tracked) return x.captured; // if no plan has computed anything from x, no lost value came from it
  if (typeof lost === 'string') return lost === 'all';
  if (x.op) return false; // only variables are in the set
  return x.source?.kind !== 'variable' || lost.has(x.source.state);
}

function missingHistory(): Error {
  return new Error(
    'gradients: y must have its history; got a y that was computed from a value without one, which was read (and not computed ' +
      'from a variable) or returned by a compiled function; call gradients before reading, or inside the compiled function, or ' +
      'use grad; detach() stops gradients on purpose',
  );
}

interface Upstream {
  /** the nodes on paths from y to the targets, consumers first */
  readonly between: readonly Node[];
  /** the lost history upstream of nodes other than the targets */
  readonly lost: LostHistory;
  /** the targets whose own history was dropped: other targets may be upstream of them */
  readonly lostTargets: readonly Node[];
}

function upstreamOf(y: Node, targets: ReadonlySet<Node>): Upstream {
  // Depth first without recursion: a node is entered once, and left when all of its inputs have been. Its mark is 1 where it leads to a target.
  const walk = newWalk();
  const order: Node[] = [];
  const stack: Node[] = [];
  const nexts: number[] = [];
  const enter = (node: Node): void => {
    node.walk = walk;
    node.mark = targets.has(node) ? 1 : 0;
    stack.push(node);
    nexts.push(0);
  };
  let lost: LostHistory = 'none';
  const lostTargets: Node[] = [];
  enter(y);
  for (let node = stack.at(-1); node; node = stack.at(-1)) {
    const top = stack.length - 1;
    const next = nexts[top] ?? 0;
    const input = node.op?.stopsGradients ? undefined : node.inputs[next];
    if (input) {
      nexts[top] = next + 1;
      if (input.walk !== walk) enter(input);
      continue;
    }
    stack.pop();
    nexts.pop();
    if (!node.op && node.lostHistory !== 'none') {
      if (targets.has(node)) lostTargets.push(node);
      else lost = joinLostHistory(lost, node.lostHistory);
    }
    if (!node.op?.stopsGradients && node.inputs.some(({ mark }) => mark === 1)) node.mark = 1;
    if (node.mark === 1) order.push(node);
  }
  return { between: order.reverse(), lost, lostTargets };
}
