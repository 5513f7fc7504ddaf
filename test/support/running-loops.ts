// Loops in the running error analysis. Each iteration is a graph whose carries are the results of the iteration before.

import { type LoopOp, type Node, nodeAt, type PartOp, partNode } from '@treadle/graph';
import { sizeOf } from './reference.ts';
import type { Bounded } from './running-error.ts';

type Part = PartOp['part'];

/** Computes the nodes of one iteration, or of the graph outside loops. */
export interface Scope {
  value(node: Node): Bounded;
  run(loop: Node): Run;
}

/** The results of a loop. */
export interface Run {
  part(part: Part): Bounded;
}

/** Runs a loop. `scopeOf` makes a scope in which some nodes have known values. */
export function runLoop(
  { body, length, isReversed }: LoopOp,
  inputs: readonly Bounded[],
  scopeOf: (known: Map<Node, Bounded>) => Scope,
): Run {
  const { carries, slices, consts, next } = body;
  const given = [...carries, ...slices, ...consts];
  const steps: Scope[] = [];
  let before = inputs.slice(0, carries.length);
  for (let i = 0; i < length; i++) {
    const t = isReversed ? length - 1 - i : i;
    const known = given.map((node, at): readonly [Node, Bounded] => {
      const input = inputs[at]!;
      if (at < carries.length) return [node, before[at]!];
      return [node, at < carries.length + slices.length ? sliceOf(input, t, sizeOf(node.shape)) : input];
    });
    const scope = scopeOf(new Map(known));
    before = next.map(scope.value);
    steps[t] = scope;
  }
  return {
    part: (part) => {
      if (part.kind === 'final') return before[part.carry]!;
      if (part.kind === 'result') throw new Error('a loop has no results by number');
      const { place } = part;
      return joined(
        steps.map((scope) =>
          scope.value(typeof place === 'number' ? nodeAt(body, place) : partNode(nodeAt(body, place.of), place.part)),
        ),
      );
    },
  };
}

function sliceOf({ values, errors }: Bounded, t: number, size: number): Bounded {
  const [from, to] = [t * size, (t + 1) * size];
  return { values: values.slice(from, to), errors: errors.slice(from, to) };
}

function joined(parts: readonly Bounded[]): Bounded {
  return { values: parts.flatMap(({ values }) => values), errors: parts.flatMap(({ errors }) => errors) };
}
