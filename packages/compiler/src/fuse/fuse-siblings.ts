// Sibling fusion: elementwise groups of one shape become one group where that saves a pass over memory. Groups that all read what
// another elementwise group computes are computed together with it: it is then never written to memory. Groups that compute parts of
// one result, such as a concat, become one group, which can write all of them to their places. The gradients of the gates of a
// recurrent layer, which all contain the gradient of the cell, are one kernel this way.

import { sameShape } from '@treadle/graph';
import type { Capture } from '../trace/capture.ts';
import { type Group, readsElementwise } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { type FusedExpression, isMustStore, type MustStore } from './lane-expression.ts';

/** More results than these are not fused: their values would need more registers than there are. */
const mostResults = 8;
/** The most ops of the kernel: a longer one keeps many values on the stack. */
const mostOps = 64;

/** Gives the expression that computes some outputs, and evaluates some entries instead of reading them. */
type ExpressionOf = (outputs: readonly number[], computed: readonly number[]) => FusedExpression | MustStore;

/** Fuses siblings: first with what all of them read, then the parts of one result. */
export function fuseSiblings(capture: Capture, groups: GroupGraph, expressionOf: ExpressionOf): void {
  const fusion = new SiblingFusion(capture, groups, expressionOf);
  for (const group of groups.values()) fusion.fuseReaders(group);
  for (const group of groups.values()) fusion.fuseParts(group);
}

class SiblingFusion {
  readonly #capture: Capture;
  readonly #groups: GroupGraph;
  readonly #expressionOf: ExpressionOf;
  readonly #roots: ReadonlySet<number>;
  /** by group: entries that it computes and does not store */
  readonly #inlined = new Map<number, readonly number[]>();

  constructor(capture: Capture, groups: GroupGraph, expressionOf: ExpressionOf) {
    this.#capture = capture;
    this.#groups = groups;
    this.#expressionOf = expressionOf;
    this.#roots = new Set(capture.roots.map(({ at }) => at));
  }

  /** Fuses an elementwise group with the groups that read it, if they are all that read it. */
  fuseReaders(producer: Group): void {
    const readers = this.#readersOf(producer);
    const isFree = ({ at }: Group): boolean => !this.#groups.fusionMakesCycle(at, producer.at);
    if (readers.length > 1 && readers.every(isFree)) this.#fuse(readers, producer);
  }

  /** Fuses the elementwise groups of one shape that compute inputs of an op which puts its inputs together. */
  fuseParts(group: Group): void {
    const { node, inputs = [] } = this.#capture.entries[group.at] ?? {};
    if (node?.op?.kind !== 'tiled' || !node.op.inputViews) return;
    const producers = new Set(inputs.flatMap((input) => this.#groups.producerOf(input) ?? []));
    const [first, ...others] = [...producers].filter((part) => this.#isElementwise(part));
    for (const other of others)
      if (first && sameShape(this.#shapeOf(first), this.#shapeOf(other))) this.#fuse([first, other]);
  }

  /** All groups that read an elementwise group, if all are elementwise groups of its shape; otherwise none. */
  #readersOf(producer: Group): readonly Group[] {
    if (!this.#isElementwise(producer)) return [];
    const readers = new Set<Group>();
    for (const member of producer.members) {
      for (const at of this.#groups.readersOf(member)) {
        const reader = this.#groups.get(at);
        const isSibling = reader && this.#isElementwise(reader) && readsElementwise(this.#capture, reader, member);
        if (!isSibling || readers.size > mostResults) return [];
        readers.add(reader);
      }
    }
    return [...readers];
  }

  /** Fuses groups into the first, if none of them depends on another; `producer`: what all of them read, and nothing else. */
  #fuse(siblings: readonly Group[], producer?: Group): void {
    const [into, ...others] = siblings;
    const dependsOn = (a: Group, b: Group): boolean => a !== b && this.#groups.runsAfter(a.at, b.at);
    if (!into || siblings.some((a) => siblings.some((b) => dependsOn(a, b)))) return;
    const own = producer?.members ?? [];
    const outputs = [...siblings.flatMap(({ members }) => members), ...own.filter((at) => this.#roots.has(at))];
    if (outputs.length > mostResults) return;
    const all = producer ? [...siblings, producer] : siblings;
    const inlined = [
      ...all.flatMap(({ at }) => this.#inlined.get(at) ?? []),
      ...own.filter((at) => !this.#roots.has(at)),
    ];
    const expression = this.#expressionOf(outputs, [...outputs, ...inlined]);
    if (isMustStore(expression) || expression.ops.length > mostOps) return;
    into.expression = expression;
    into.members.splice(0, into.members.length, ...outputs);
    for (const { at } of producer ? [...others, producer] : others) this.#groups.absorb(into, at);
    this.#inlined.set(into.at, inlined);
  }

  #isElementwise({ at, expression, product, fusedRows, targets }: Group): boolean {
    const isLane = this.#capture.entries[at]?.node.op?.kind === 'lane' && expression !== undefined;
    return isLane && product === undefined && !fusedRows && targets.size === 0;
  }

  #shapeOf({ at }: Group): readonly number[] {
    return this.#capture.entries[at]?.node.shape ?? [];
  }
}
