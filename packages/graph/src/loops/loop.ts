// Loops: an op that runs its body once for each step inside a plan. What it gives are parts of it: what a carry is at the end,
// and what any node of the body is at all steps. So its gradient, a loop the other way, asks it for what it needs of the
// forward steps, and nothing else is kept. The gradient's carries are the gradients of the carries. What the steps add to the
// gradient of what all of them read is added up in one go where the op can say how (a sum of products is one product),
// otherwise step by step, in a carry.

import { inLoop } from '../calls/scope.ts';
import { isFloat } from '../dtype.ts';
import { termsOf } from '../gradients.ts';
import { applyOp, constantNode, type Node, sourceNode } from '../node.ts';
import type { BodyPlace, LoopBody, LoopOp, PartGradient, ResultType } from '../op.ts';
import { add, broadcastTo, cast, concat, reshape, slice } from '../ops/index.ts';
import { sumOfParts } from '../ops/moves/parts.ts';
import { giveResults, partNode } from '../results.ts';
import { loopBody, nodeAt } from './loop-body.ts';
import { finalOf, loopOf, placeOf, stackOf } from './loop-parts.ts';

/** What the nodes of a body are recorded by: none of them has a value outside of the loop. */
export class InLoop {}

/** What a loop goes over. */
export interface Ranging {
  /** steps, one or more */
  readonly length: number;
  /** whether the first step reads the last slices */
  readonly isReversed: boolean;
  /** whether the gradient computes what a step made a second time, from its carries and slices, and nothing else is kept */
  readonly recomputes?: boolean;
}

/** A node whose parts are the results of the loop from what carries begin with, over stacks [length, …]. */
export function loopNode(
  body: LoopBody,
  inits: readonly Node[],
  stacks: readonly Node[],
  { length, isReversed, recomputes = false }: Ranging,
): Node {
  const op: LoopOp = {
    kind: 'loop',
    name: 'scan',
    key: `scan ${length} ${isReversed} ${body.key}`,
    body,
    length,
    isReversed,
    recomputes,
    gradient: () => [],
    gradientOfParts: (dys, node, isWanted) => gradientOfLoop(node, dys, isWanted),
  };
  return applyOp(op, [...inits, ...stacks, ...body.consts], [], 'float32');
}

export interface LoopResults {
  readonly carries: readonly Node[];
  readonly ys: readonly Node[];
}

/** A step, seen through nodes that stand for what it is given. */
interface Traced {
  readonly body: LoopBody;
  readonly ys: readonly Node[];
}

/**
 * The loop of a step, which is called once with nodes that stand for its carries and its slices of the stacks [length, …];
 * carries keep their shapes and dtypes. Gives the carries after the last step, and each y of all steps, [length, …]. With
 * `stretch`, the gradient computes that many steps at a time a second time, from the carries at their begin.
 */
export function loop(
  step: (carries: readonly Node[], slices: readonly Node[]) => LoopResults,
  inits: readonly Node[],
  stacks: readonly Node[],
  { length, isReversed, stretch = length }: Ranging & { readonly stretch?: number },
): LoopResults {
  const recording = new InLoop();
  const carries = standIns(inits, recording);
  const slices = standIns(stacks, recording, 1);
  const results = inLoop(() => step(carries, slices));
  const traced = { body: loopBody(carries, slices, results.carries, results.ys), ys: results.ys };
  const whole = Math.floor(length / Math.max(1, stretch)) * stretch;
  if (whole === 0 || stretch >= length) return run(traced, inits, stacks, { length, isReversed });
  // What is left over when steps are taken a stretch at a time is the end of the stacks.
  const main = (from: readonly Node[]): LoopResults => {
    const count = whole / stretch;
    const stretches = stacks.map((x) => reshape(slice(x, [0], [whole]), [count, stretch, ...x.shape.slice(1)]));
    const inOne: Ranging = { length: stretch, isReversed };
    const once = new InLoop();
    const [begins, parts] = [standIns(from, once), standIns(stretches, once, 1)];
    const one = run(traced, begins, parts, inOne);
    const all = { body: loopBody(begins, parts, one.carries, one.ys), ys: one.ys };
    const { carries: last, ys } = run(all, from, stretches, { length: count, isReversed, recomputes: true });
    return { carries: last, ys: ys.map((y) => reshape(y, [whole, ...y.shape.slice(2)])) };
  };
  const rest = (from: readonly Node[]): LoopResults =>
    run(
      traced,
      from,
      stacks.map((x) => slice(x, [whole])),
      { length: length - whole, isReversed },
    );
  const [begin, end] = isReversed ? [rest, main] : [main, rest];
  const first = begin(inits);
  const second = end(first.carries);
  const [low, high] = isReversed ? [second, first] : [first, second];
  return { carries: second.carries, ys: low.ys.map((y, i) => concat([y, high.ys[i] ?? y])) };
}

/** Nodes that stand for others, or for their slices along so many axes. */
function standIns(nodes: readonly Node[], recording: InLoop, axes = 0): readonly Node[] {
  return nodes.map((node) => standIn(node, recording, axes));
}

/** The body knows a stand-in by its place: it is no argument of a function. */
function standIn({ shape, dtype }: ResultType, recording: InLoop, axes = 0): Node {
  return sourceNode({ kind: 'argument', index: -1 }, shape.slice(axes), dtype, { tracked: true, recording });
}

function run({ body, ys }: Traced, inits: readonly Node[], stacks: readonly Node[], ranging: Ranging): LoopResults {
  if (ranging.length === 0) {
    const empty = ({ shape, dtype }: Node): Node => broadcastTo(cast(constantNode(0, 'int32'), dtype), [0, ...shape]);
    return { carries: inits, ys: ys.map(empty) };
  }
  const node = loopNode(body, inits, stacks, ranging);
  const last = inits.map((_, i) => finalOf(node, i));
  const all = ys.map((y) => stackOf(node, y));
  giveResults(node, [...last, ...all]);
  return { carries: last, ys: all };
}

/** The gradients of the loop's inputs, those that are wanted. */
export function gradientOfLoop(
  loop: Node,
  dys: readonly PartGradient[],
  isWanted: (input: number) => boolean,
): readonly (Node | undefined)[] {
  const op = loopOf(loop);
  const { body, length, isReversed, recomputes } = op;
  const seeds = new Seeds(op, dys);
  const inputs = [...body.carries, ...body.slices, ...body.consts];
  const targets = inputs.filter((node, i) => isFloat(node.dtype) && (i < body.carries.length || isWanted(i)));
  const terms = termsThrough(body, targets, seeds);
  const termsAt = (node: Node): readonly Node[] => terms.get(node) ?? [];
  const sumAt = (node: Node): Node | undefined => (termsAt(node).length > 0 ? sumOfParts(termsAt(node)) : undefined);

  // What steps add to the gradients of constants: sums that are one op over all steps, and what carries add up.
  const shares = body.consts.map((node): Share => shareOf(targets.includes(node) ? termsAt(node) : [], !recomputes));
  const next = [
    ...seeds.carries.map(({ at }) => sumAt(nodeAt(body, at)) ?? zeros(nodeAt(body, at))),
    ...shares.flatMap(({ sum, stepped }) => (sum ? [stepped.reduce(add, sum)] : [])),
  ];
  const dslices = body.slices.map((node) => (targets.includes(node) ? sumAt(node) : undefined));
  const asked = [...dslices.filter((dx) => dx !== undefined), ...shares.flatMap(({ summed }) => summed)];
  const carries = [...seeds.carries.map(({ seed }) => seed), ...shares.flatMap(({ sum }) => sum ?? [])];
  const given = seeds.stacks.map(({ seed }) => seed);
  const kept = forwardNodes(op, [...next, ...asked], new Set([...carries, ...given]));
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
  /** of the carries that are floats */
  readonly carries: readonly { readonly at: number; readonly seed: Node; readonly dy: Node }[];
  readonly stacks: readonly { readonly place: BodyPlace; readonly seed: Node; readonly dy: Node }[];

  constructor({ body }: LoopOp, dys: readonly PartGradient[]) {
    const recording = new InLoop();
    const finals = (carry: number): readonly Node[] =>
      dys.flatMap(({ part, dy }) => (part.kind === 'final' && part.carry === carry ? [dy] : []));
    this.carries = body.carries.flatMap((node, at) => {
      if (!isFloat(node.dtype)) return [];
      const arriving = finals(at);
      const dy = arriving.length > 0 ? sumOfParts(arriving) : zeros(node);
      return [{ at, seed: standIn({ shape: node.shape, dtype: 'float32' }, recording), dy }];
    });
    this.stacks = dys.flatMap(({ part, dy }) =>
      part.kind === 'stack' ? [{ place: part.place, seed: standIn(dy, recording, 1), dy }] : [],
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

function shareOf(terms: readonly Node[], isAtOnce: boolean): Share {
  const summed = isAtOnce ? terms.filter(isSummable) : [];
  const stepped = terms.filter((term) => !summed.includes(term));
  const [first] = stepped;
  const sum = first && standIn(first, new InLoop());
  return { summed, stepped, sum };
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

/** The nodes of a body that others read which do not belong to it. Moves are done anew, and where it says so all the rest. */
function forwardNodes({ body, recomputes }: LoopOp, roots: readonly Node[], ends: ReadonlySet<Node>): readonly Node[] {
  const consts = new Set(body.consts);
  const given = new Set([...body.carries, ...body.slices]);
  const kept = new Set<Node>();
  const seen = new Set<Node>(ends);
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node) || consts.has(node)) continue;
    seen.add(node);
    const isMadeAnew = recomputes || (node.op?.kind === 'move' && node.inputs.length === 1);
    const isKept = given.has(node) || (!isMadeAnew && placeOf(body, node) !== undefined);
    if (isKept) kept.add(node);
    else if (!node.source) stack.push(...node.inputs);
  }
  return [...kept];
}

function zeros({ shape }: Node): Node {
  return broadcastTo(constantNode(0, 'float32'), shape);
}
