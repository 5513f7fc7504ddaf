// The body of a loop: the subgraph between stand-ins for a step's carries and slices, and the nodes that the step returns. Nodes that
// do not depend on the step are outside: they are computed once, before the loop.

import type { BodyNode, BodyPlace, LoopBody, Node, Op, Part, ResultType } from '../node.ts';

/** The body that ends in the carries `next` and also computes the nodes `asked`; `carries` and `slices` are its stand-ins. */
export function loopBody(
  carries: readonly Node[],
  slices: readonly Node[],
  next: readonly Node[],
  asked: readonly Node[],
): LoopBody {
  const { made, consts } = subgraphBetween([...next, ...asked], new Set([...carries, ...slices]));
  const places = new Map<Node, number>();
  for (const node of [...carries, ...slices, ...consts, ...made.map(({ node: one }) => one)]) {
    places.set(node, places.size);
  }
  return { carries, slices, consts, made, next, places, key: keyOf(carries.length, next, made, places) };
}

/** The nodes on paths from the roots to the ends, inputs first, as `made`; and the other nodes that these read, as `consts`. */
export function subgraphBetween(roots: readonly Node[], ends: ReadonlySet<Node>): Pick<LoopBody, 'made' | 'consts'> {
  const depends = new Map<Node, boolean>();
  const made: BodyNode[] = [];
  const stack: { readonly node: Node; next: number }[] = [];
  const enter = (node: Node): void => {
    if (depends.has(node)) return;
    depends.set(node, ends.has(node));
    if (!ends.has(node)) stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { node } = top;
      const input = node.inputs[top.next++];
      if (input) {
        enter(input);
        continue;
      }
      stack.pop();
      if (!node.op || !node.inputs.some((one) => depends.get(one))) continue;
      depends.set(node, true);
      made.push({ node, op: node.op, inputs: node.inputs });
    }
  }
  const consts = new Set<Node>();
  for (const { inputs } of made) for (const input of inputs) if (!depends.get(input)) consts.add(input);
  for (const root of roots) if (!depends.get(root)) consts.add(root);
  return { made, consts: [...consts] };
}

function keyOf(
  carries: number,
  next: readonly Node[],
  made: readonly BodyNode[],
  places: ReadonlyMap<Node, number>,
): string {
  const at = (nodes: readonly Node[]): readonly number[] => nodes.map((node) => places.get(node) ?? -1);
  const lines = made.map(({ node, op, inputs }) => `${op.key}(${at(inputs)})[${node.shape}]${node.dtype}`);
  return `${carries} → ${at(next)}\n${lines.join('\n')}`;
}

/** The node at a place of a body. */
export function nodeAt({ carries, slices, consts, made }: LoopBody, place: number): Node {
  const given = [carries, slices, consts];
  let at = place;
  for (const nodes of given) {
    const node = nodes[at];
    if (node) return node;
    at -= nodes.length;
  }
  const node = made[at]?.node;
  if (!node) throw new Error('internal: no such node in a body');
  return node;
}

/** The shape and dtype at a place of a body, which may be a part of a node. */
export function typeAt(body: LoopBody, place: BodyPlace): ResultType {
  return typeof place === 'number' ? nodeAt(body, place) : partType(nodeAt(body, place.of).op, place.part);
}

/** The shape and dtype of a part of a node with this op. */
export function partType(op: Op | undefined, part: Part): ResultType {
  if (part.kind === 'result') {
    const result = op?.kind === 'tiled' ? op.results?.[part.index] : undefined;
    if (!result) throw new Error('internal: no such result');
    return result;
  }
  if (op?.kind !== 'loop') throw new Error('internal: not a loop');
  const { body, length } = op;
  if (part.kind === 'final') {
    const { shape, dtype } = nodeAt(body, part.carry);
    return { shape, dtype };
  }
  const { shape, dtype } = typeAt(body, part.place);
  return { shape: [length, ...shape], dtype };
}

/** A text that is equal for equal parts. */
export function partKey(part: Part): string {
  if (part.kind === 'result') return `result ${part.index}`;
  if (part.kind === 'final') return `final ${part.carry}`;
  return `stack ${typeof part.place === 'number' ? part.place : `(${part.place.of} ${partKey(part.place.part)})`}`;
}
