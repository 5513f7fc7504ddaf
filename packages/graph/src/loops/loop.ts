// Loops: an op that runs its body once for each step inside a plan. Its results are parts: a carry after the last step, or any node
// of the body at all steps. Its gradient is a loop in the other direction, whose carries are the gradients of the carries. The gradient
// asks the forward loop for the nodes that it needs at all steps; no others are kept. The gradient of a node that all steps read is a
// sum over the steps: one op over all steps where the op knows how (a sum of products is one product), otherwise a carry.

import { inLoop } from '../calls/scope.ts';
import { isFloat } from '../dtype.ts';
import { termsOf } from '../gradients.ts';
import { applyOp, constantNode, sourceNode } from '../make-node.ts';
import type { BodyPlace, LoopBody, LoopOp, Node, PartGradient, ResultType } from '../node.ts';
import { add, broadcastTo, cast, concat, reshape, slice } from '../ops/index.ts';
import { sumOfTerms } from '../ops/moves/sum-of-terms.ts';
import { noteResults, partNode } from '../results.ts';
import { loopBody, nodeAt } from './loop-body.ts';
import { finalOf, loopOf, placeOf, stackOf } from './loop-parts.ts';

/** The recording of the nodes of a body: their values are not known outside the loop. */
export class InLoop {}

/** The steps of a loop. */
export interface LoopRange {
  /** number of steps, one or more */
  readonly length: number;
  /** whether steps go from the last slice to the first */
  readonly isReversed: boolean;
  /** whether the gradient keeps the carries and slices of a step alone, and computes the rest of the step a second time */
  readonly recomputes?: boolean;
}

/** The node of a loop from the initial carries over stacks [length, …]; the results are its parts. */
function loopNode(
  body: LoopBody,
  inits: readonly Node[],
  stacks: readonly Node[],
  { length, isReversed, recomputes = false }: LoopRange,
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

/** The results of a step, or of a loop: for a loop, the last carries and the ys of all steps. */
export interface LoopResults {
  readonly carries: readonly Node[];
  readonly ys: readonly Node[];
}

/** A step, recorded with stand-ins for its carries and slices. */
interface Traced {
  readonly body: LoopBody;
  readonly ys: readonly Node[];
}

/**
 * The loop of a step over stacks [length, …]. `step` is called once, with stand-ins for its carries and slices; carries must keep
 * their shapes and dtypes. Returns the carries after the last step, and each y at all steps, [length, …]. With `stretch`, the
 * gradient recomputes that many neighbouring steps at a time from the carries before them.
 */
export function loop(
  step: (carries: readonly Node[], slices: readonly Node[]) => LoopResults,
  inits: readonly Node[],
  stacks: readonly Node[],
  { length, isReversed, stretch = length }: LoopRange & { readonly stretch?: number },
): LoopResults {
  const recording = new InLoop();
  const carries = standIns(inits, recording);
  const slices = standIns(stacks, recording, 1);
  const results = inLoop(() => step(carries, slices));
  const traced = { body: loopBody(carries, slices, results.carries, results.ys), ys: results.ys };
  if (stretch < 1 || stretch >= length) return run(traced, inits, stacks, { length, isReversed });
  return runInStretches(traced, inits, stacks, { length, isReversed, stretch });
}

/**
 * The same loop as an outer loop over stretches of neighbouring steps, whose body is an inner loop over the steps of a stretch. The
 * gradient of the outer loop recomputes its body, a stretch at a time. Steps that are left over are at the end of the stacks.
 */
function runInStretches(
  traced: Traced,
  inits: readonly Node[],
  stacks: readonly Node[],
  { length, isReversed, stretch }: LoopRange & { readonly stretch: number },
): LoopResults {
  const count = Math.floor(length / stretch);
  const whole = count * stretch;
  const main = (from: readonly Node[]): LoopResults => {
    const stretches = stacks.map((x) => reshape(slice(x, [0], [whole]), [count, stretch, ...x.shape.slice(1)]));
    const recording = new InLoop();
    const [carries, slices] = [standIns(from, recording), standIns(stretches, recording, 1)];
    const inner = run(traced, carries, slices, { length: stretch, isReversed });
    const outer = { body: loopBody(carries, slices, inner.carries, inner.ys), ys: inner.ys };
    const { carries: last, ys } = run(outer, from, stretches, { length: count, isReversed, recomputes: true });
    return { carries: last, ys: ys.map((y) => reshape(y, [whole, ...y.shape.slice(2)])) };
  };
  const rest = (from: readonly Node[]): LoopResults => {
    const stacksOfRest = stacks.map((x) => slice(x, [whole]));
    return run(traced, from, stacksOfRest, { length: length - whole, isReversed });
  };
  const [begin, end] = isReversed ? [rest, main] : [main, rest];
  const first = begin(inits);
  const second = end(first.carries);
  const [low, high] = isReversed ? [second, first] : [first, second];
  return { carries: second.carries, ys: low.ys.map((y, i) => concat([y, high.ys[i] ?? y])) };
}

/** Stand-ins for nodes, or for their slices along the first `axes` axes. */
function standIns(nodes: readonly Node[], recording: InLoop, axes = 0): readonly Node[] {
  return nodes.map((node) => standIn(node, recording, axes));
}

/** A body refers to a stand-in by its place, so the index of an argument does not matter. */
function standIn({ shape, dtype }: ResultType, recording: InLoop, axes = 0): Node {
  return sourceNode({ kind: 'argument', index: -1 }, shape.slice(axes), dtype, { tracked: true, recording });
}

/** The results of a recorded step over the stacks. */
function run({ body, ys }: Traced, inits: readonly Node[], stacks: readonly Node[], range: LoopRange): LoopResults {
  if (range.length === 0) {
    const empty = ({ shape, dtype }: Node): Node => broadcastTo(cast(constantNode(0, 'int32'), dtype), [0, ...shape]);
    return { carries: inits, ys: ys.map(empty) };
  }
  const node = loopNode(body, inits, stacks, range);
  const last = inits.map((_, i) => finalOf(node, i));
  const all = ys.map((y) => stackOf(node, y));
  noteResults(node, [...last, ...all]);
  return { carries: last, ys: all };
}

/** The gradients of the wanted inputs of the loop. */
function gradientOfLoop(
  loop: Node,
  dys: readonly PartGradient[],
  isWanted: (input: number) => boolean,
): readonly (Node | undefined)[] {
  const op = loopOf(loop);
  const { body, length, isReversed, recomputes } = op;
  const seeds = new ArrivingGradients(op, dys);
  const inputs = [...body.carries, ...body.slices, ...body.consts];
  const targets = inputs.filter((node, i) => isFloat(node.dtype) && (i < body.carries.length || isWanted(i)));
  const terms = termsThrough(body, targets, seeds);
  const termsAt = (node: Node): readonly Node[] => terms.get(node) ?? [];
  const sumAt = (node: Node): Node | undefined => (termsAt(node).length > 0 ? sumOfTerms(termsAt(node)) : undefined);

  // Gradients of consts: sums that are one op over all steps, and sums that a carry adds up step by step.
  const shares = body.consts.map(
    (node): ConstantShare => shareOf(targets.includes(node) ? termsAt(node) : [], !recomputes),
  );
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
    return parts.length > 0 ? sumOfTerms(parts) : undefined;
  });
  const dinits = body.carries.map((_, i) => {
    const at = seeds.carries.findIndex((one) => one.at === i);
    return at >= 0 && isWanted(i) ? finalOf(back, at) : undefined;
  });
  return [...dinits, ...dslices.map((dx) => dx && stackOf(back, dx)), ...dconsts];
}

/** The gradients that arrive at the loop, with stand-ins for their values at one step. */
class ArrivingGradients {
  /** for each carry of floats */
  readonly carries: readonly { readonly at: number; readonly seed: Node; readonly dy: Node }[];
  readonly stacks: readonly { readonly place: BodyPlace; readonly seed: Node; readonly dy: Node }[];

  constructor({ body }: LoopOp, dys: readonly PartGradient[]) {
    const recording = new InLoop();
    const finals = (carry: number): readonly Node[] =>
      dys.flatMap(({ part, dy }) => (part.kind === 'final' && part.carry === carry ? [dy] : []));
    this.carries = body.carries.flatMap((node, at) => {
      if (!isFloat(node.dtype)) return [];
      const arriving = finals(at);
      const dy = arriving.length > 0 ? sumOfTerms(arriving) : zeros(node);
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
  { carries, stacks }: ArrivingGradients,
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

/** The gradient of a const: what all steps add to it. */
interface ConstantShare {
  /** terms whose sum over all steps is one op */
  readonly summed: readonly Node[];
  /** terms that are added up step by step, and the stand-in for their sum so far, if there are any */
  readonly stepped: readonly Node[];
  readonly sum: Node | undefined;
}

function shareOf(terms: readonly Node[], isAtOnce: boolean): ConstantShare {
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

/** The sum over all steps of a node for which isSummable holds. */
function sumOverSteps({ op, inputs, shape, dtype }: Node, loop: Node): Node {
  if (op?.sumOfBatch) return op.sumOfBatch(inputs.map((input) => stackOf(loop, input)));
  const [input] = inputs;
  if (!op || !input) throw new Error('internal: no such sum');
  return applyOp(op, [sumOverSteps(input, loop)], shape, dtype);
}

/** The forward nodes that the gradient needs at all steps. Moves are computed again, and with `recomputes` all but carries and slices. */
function forwardNodes({ body, recomputes }: LoopOp, roots: readonly Node[], ends: ReadonlySet<Node>): readonly Node[] {
  const consts = new Set(body.consts);
  const given = new Set([...body.carries, ...body.slices]);
  const kept = new Set<Node>();
  const seen = new Set<Node>(ends);
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node) || consts.has(node)) continue;
    seen.add(node);
    const isRecomputed = recomputes || (node.op?.kind === 'move' && node.inputs.length === 1);
    const isKept = given.has(node) || (!isRecomputed && placeOf(body, node) !== undefined);
    if (isKept) kept.add(node);
    else if (!node.source) stack.push(...node.inputs);
  }
  return [...kept];
}

function zeros({ shape }: Node): Node {
  return broadcastTo(constantNode(0, 'float32'), shape);
}
