// Loops: an op that runs its body once for each step inside a plan. What it gives are parts of it: what a carry is at the end,
// and what any node of the body is at all steps. So its gradient, a loop the other way, asks it for what it needs of the
// forward steps, and nothing else is kept. The gradient's carries are the gradients of the carries. What the steps add to the
// gradient of what all of them read is added up in one go where the op can say how (a sum of products is one product),
// otherwise step by step, in a carry.

import { termsOf } from './gradients.ts';
import { loopBody, nodeAt } from './loop-body.ts';
import { finalOf, loopOf, placeOf, stackOf } from './loop-parts.ts';
import { applyOp, constantNode, type Node, sourceNode } from './node.ts';
import type { BodyPlace, LoopBody, LoopOp, PartGradient } from './op.ts';
import { add, broadcastTo } from './ops/index.ts';
import { sumOfParts } from './ops/parts.ts';
import { giveResults, partNode } from './results.ts';
import { inLoop } from './scope.ts';

/** What the nodes of a body are recorded by: none of them has a value outside of the loop. */
export class InLoop {}

/** What a loop goes over. */
export interface Ranging {
  /** steps, one or more */
  readonly length: number;
  /** whether the first step reads the last slices */
  readonly isReversed: boolean;
}

/** A node whose parts are the results of the loop from what carries begin with, over stacks [length, …]. */
export function loopNode(
  body: LoopBody,
  inits: readonly Node[],
  stacks: readonly Node[],
  { length, isReversed }: Ranging,
): Node {
  const op: LoopOp = {
    kind: 'loop',
    name: 'scan',
    key: `scan ${length} ${isReversed} ${body.key}`,
    body,
    length,
    isReversed,
    gradient: () => [],
    gradientOfParts: (dys, node, isWanted) => gradientOfLoop(node, dys, isWanted),
  };
  return applyOp(op, [...inits, ...stacks, ...body.consts], [], 'float32');
}

export interface LoopResults {
  readonly carries: readonly Node[];
  readonly ys: readonly Node[];
}

/**
 * The loop of a step, which is called once with nodes that stand for its carries and its slices of the stacks [length, …];
 * carries keep their shapes and dtypes. Gives the carries after the last step, and each y of all steps, [length, …].
 */
export function loop(
  step: (carries: readonly Node[], slices: readonly Node[]) => LoopResults,
  inits: readonly Node[],
  stacks: readonly Node[],
  ranging: Ranging,
): LoopResults {
  const recording = new InLoop();
  const standIn = ({ dtype }: Node, shape: Node['shape'], index: number): Node =>
    sourceNode({ kind: 'argument', index }, shape, dtype, { tracked: true, recording });
  const carries = inits.map((init, i) => standIn(init, init.shape, i));
  const slices = stacks.map((stack, i) => standIn(stack, stack.shape.slice(1), i));
  const results = inLoop(() => step(carries, slices));
  if (ranging.length === 0) {
    return {
      carries: inits,
      ys: results.ys.map(({ shape, dtype }) => broadcastTo(constantNode(0, dtype), [0, ...shape])),
    };
  }
  const node = loopNode(loopBody(carries, slices, results.carries, results.ys), inits, stacks, ranging);
  const last = inits.map((_, i) => finalOf(node, i));
  const ys = results.ys.map((y) => stackOf(node, y));
  giveResults(node, [...last, ...ys]);
  return { carries: last, ys };
}

/** The gradients of the loop's inputs, those that are wanted. */
export function gradientOfLoop(
  loop: Node,
  dys: readonly PartGradient[],
  isWanted: (input: number) => boolean,
): readonly (Node | undefined)[] {
  const op = loopOf(loop);
  const { body, length, isReversed } = op;
  const seeds = new Seeds(op, dys);
  const inputs = [...body.carries, ...body.slices, ...body.consts];
  const targets = inputs.filter((node, i) => node.dtype === 'float32' && (i < body.carries.length || isWanted(i)));
  const terms = termsThrough(body, targets, seeds);
  const termsAt = (node: Node): readonly Node[] => terms.get(node) ?? [];
  const sumAt = (node: Node): Node | undefined => (termsAt(node).length > 0 ? sumOfParts(termsAt(node)) : undefined);

  // What steps add to the gradients of constants: sums that are one op over all steps, and what carries add up.
  const shares = body.consts.map((node): Share => shareOf(targets.includes(node) ? termsAt(node) : []));
  const next = [
    ...seeds.carries.map(({ at }) => sumAt(nodeAt(body, at)) ?? zeros(nodeAt(body, at))),
    ...shares.flatMap(({ sum, stepped }) => (sum ? [stepped.reduce(add, sum)] : [])),
  ];
  const dslices = body.slices.map((node) => (targets.includes(node) ? sumAt(node) : undefined));
  const asked = [...dslices.filter((dx) => dx !== undefined), ...shares.flatMap(({ summed }) => summed)];
  const carries = [...seeds.carries.map(({ seed }) => seed), ...shares.flatMap(({ sum }) => sum ?? [])];
  const given = seeds.stacks.map(({ seed }) => seed);
  const kept = forwardNodes(body, [...next, ...asked], new Set([...carries, ...given]));
  const back = loopNode(
    loopBody(carries, [...given, ...kept], next, asked),
    [...seeds.carries.map(({ dy }) => dy), ...shares.flatMap(({ sum }) => (sum ? [zeros(sum)] : []))],
    [...seeds.stacks.map(({ dy }) => dy), ...kept.map((node) => stackOf(loop, node))],
    { length, isReversed: !isReversed },
  );

  let carry = seeds.carries.length;
  const dconsts = shares.map(({ sum, summed }) => {
    const parts = summed.map((node) => sumOverSteps(node, back));
    if (sum) parts.push(finalOf(back, carry++));
    return parts.length > 0 ? sumOfParts(parts) : undefined;
  });
  const dinits = body.carries.map((_, i) => {
    const at = seeds.carries.findIndex((one) => one.at === i);
    return at >= 0 && isWanted(i) ? finalOf(back, at) : undefined;
  });
  return [...dinits, ...dslices.map((dx) => dx && stackOf(back, dx)), ...dconsts];
}

/** What stands for the gradients that arrive at a step, and what they are. */
class Seeds {
  /** of the carries that are float32 */
  readonly carries: readonly { readonly at: number; readonly seed: Node; readonly dy: Node }[];
  readonly stacks: readonly { readonly place: BodyPlace; readonly seed: Node; readonly dy: Node }[];

  constructor({ body, length }: LoopOp, dys: readonly PartGradient[]) {
    const recording = new InLoop();
    const standIn = (shape: Node['shape'], index: number): Node =>
      sourceNode({ kind: 'argument', index }, shape, 'float32', { tracked: true, recording });
    const finals = (carry: number): readonly Node[] =>
      dys.flatMap(({ part, dy }) => (part.kind === 'final' && part.carry === carry ? [dy] : []));
    this.carries = body.carries.flatMap((node, at) => {
      if (node.dtype !== 'float32') return [];
      const arriving = finals(at);
      const dy = arriving.length > 0 ? sumOfParts(arriving) : zeros(node);
      return [{ at, seed: standIn(node.shape, at), dy }];
    });
    this.stacks = dys.flatMap(({ part, dy }, i) =>
      part.kind === 'stack' ? [{ place: part.place, seed: standIn(dy.shape.slice(1), length + i), dy }] : [],
    );
  }
}

/** The terms of the gradients of the targets at one step. */
function termsThrough(
  body: LoopBody,
  targets: readonly Node[],
  { carries, stacks }: Seeds,
): ReadonlyMap<Node, readonly Node[]> {
  const between = new Set<Node>(targets);
  for (const { node, op, inputs } of body.made) {
    if (!op.stopsGradients && inputs.some((input) => between.has(input))) between.add(node);
  }
  const sums = new Map<Node, Node>();
  const start = (node: Node | undefined, seed: Node): void => {
    if (!node || !between.has(node)) return;
    const sum = sums.get(node);
    sums.set(node, sum ? add(sum, seed) : seed);
  };
  const parts: Node[] = [];
  for (const { place, seed } of stacks) {
    if (typeof place === 'number') start(nodeAt(body, place), seed);
    else {
      const node = partNode(nodeAt(body, place.of), place.part);
      if (!between.has(node)) parts.push(node);
      between.add(node);
      start(node, seed);
    }
  }
  for (const { at, seed } of carries) start(body.next[at], seed);
  const nodes = body.made.flatMap(({ node }) => (between.has(node) ? [node] : []));
  return termsOf([...parts, ...nodes.reverse()], between, sums);
}

/** What all steps together add to the gradient of a constant. */
interface Share {
  /** terms of which one op gives the sum over all steps */
  readonly summed: readonly Node[];
  /** terms that are added up step by step, and what stands for their sum so far, if there are any */
  readonly stepped: readonly Node[];
  readonly sum: Node | undefined;
}

function shareOf(terms: readonly Node[]): Share {
  const stepped = terms.filter((term) => !isSummable(term));
  const [first] = stepped;
  const sum =
    first &&
    sourceNode({ kind: 'argument', index: -1 }, first.shape, 'float32', { tracked: true, recording: new InLoop() });
  return { summed: terms.filter(isSummable), stepped, sum };
}

function isSummable({ op, inputs }: Node): boolean {
  if (op?.sumOfBatch) return true;
  const [input] = inputs;
  return op?.kind === 'move' && inputs.length === 1 && input !== undefined && isSummable(input);
}

/** Σ over all steps of a node for which isSummable holds. */
function sumOverSteps({ op, inputs, shape, dtype }: Node, loop: Node): Node {
  if (op?.sumOfBatch) return op.sumOfBatch(inputs.map((input) => stackOf(loop, input)));
  const [input] = inputs;
  if (!op || !input) throw new Error('internal: no such sum');
  return applyOp(op, [sumOverSteps(input, loop)], shape, dtype);
}

/** The nodes of a body that others read which do not belong to it. Moves are done anew. */
function forwardNodes(body: LoopBody, roots: readonly Node[], ends: ReadonlySet<Node>): readonly Node[] {
  const consts = new Set(body.consts);
  const kept = new Set<Node>();
  const seen = new Set<Node>(ends);
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node) || consts.has(node)) continue;
    seen.add(node);
    const isForward = placeOf(body, node) !== undefined;
    if (isForward && !(node.op?.kind === 'move' && node.inputs.length === 1)) kept.add(node);
    else if (!node.source) stack.push(...node.inputs);
  }
  return [...kept];
}

function zeros({ shape }: Node): Node {
  return broadcastTo(constantNode(0, 'float32'), shape);
}
