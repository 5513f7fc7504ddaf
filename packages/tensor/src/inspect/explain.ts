// explain(f): the plan of a function as a table for people.

import { type ExplainedKernel, explainPlan, type PlanFigures } from '@treadle/compiler';
import { checkFunction } from '@treadle/graph';
import { describeArguments } from '../compile/describe-arguments.ts';
import { recordCall } from '../compile/recorded-call.ts';
import { type Column, printedAs, shortNumber, table } from '../print/table.ts';

/** The plan of one call: plain data. String and console.log show it as a table. */
export type Explanation = PlanFigures;

/**
 * A function of the same arguments that returns the plan of f for them: its kernels, the ops that are fused into each, the
 * operations and bytes of each, and the memory of intermediate values. f is called once, as `compile` does to record it. It may be
 * compiled itself and may assign variables; nothing runs, and no variable changes. A training step, for example, is
 *
 *     const step = (x, y) => {
 *       const value = loss(y, model.call(x, { training: true }));
 *       optimizer.apply(gradients(value, model.trainableVariables), model.trainableVariables);
 *       return value;
 *     };
 *     console.log(explain(step)(x, y));
 *
 * @throws TypeError for an f that is no function; when it is called, what `compile` throws.
 * @example
 * ```ts
 * import { explain, ones, type Tensor } from 'treadle';
 * const plan = explain((x: Tensor) => x.mul(2).add(1).exp())(ones([1000]));
 * plan.kernels.length; // → 1
 * ```
 */
export function explain<A extends readonly unknown[]>(f: (...args: A) => unknown): (...args: A) => Explanation {
  checkFunction('explain: f', f);
  return (...args) => {
    const { made } = recordCall(f, args, describeArguments(args).tensors, explainPlan);
    return printedAs(made, show);
  };
}

const mostText = 48;

/** The ops in one line; if there are too many, the first of them. */
export function showOps({ kind, ops }: Pick<ExplainedKernel, 'kind' | 'ops'>): string {
  const text = ops.length === 0 ? (kind === 'lanes' ? 'copy' : kind) : ops.join(' ');
  if (text.length <= mostText) return text;
  const room = text.slice(0, mostText - 7);
  return `${room.slice(0, room.lastIndexOf(' '))} … (${ops.length})`;
}

const columns: readonly Column<ExplainedKernel>[] = [
  { name: 'phase', cell: ({ phase }) => `${phase + 1}` },
  { name: 'kernel', cell: ({ kind }) => kind, isText: true },
  { name: 'computes', cell: showOps, isText: true },
  { name: 'over', cell: ({ shape }) => shape.join('×') || '1', isText: true },
  { name: 'tiles', cell: ({ tiles }) => `${tiles}` },
  { name: 'operations', cell: ({ flops }) => shortNumber(flops) },
  { name: 'read', cell: ({ bytesRead }) => shortNumber(bytesRead, 'B') },
  { name: 'written', cell: ({ bytesWritten }) => shortNumber(bytesWritten, 'B') },
  { name: 'about µs', cell: ({ cost }) => (cost / 1000).toFixed(1) },
];

function show(plan: PlanFigures): string {
  const { kernels, phases, barriers, flops, bytesRead, bytesWritten, bytesIn, bytesOut, arena } = plan;
  const bytes = (n: number): string => shortNumber(n, 'B');
  return [
    table(columns, kernels),
    `${count(kernels.length, 'kernel')} in ${count(phases, 'phase')}, ${count(barriers, 'barrier')}; ${shortNumber(flops)} operations`,
    `${bytes(bytesRead)} read, ${bytes(bytesWritten)} written; ${bytes(bytesIn)} come from outside, ${bytes(bytesOut)} go out`,
    `${bytes(arena.bytes)} for intermediates of ${bytes(arena.bytesOfAll)}, of which ${bytes(arena.bytesAlive)} are needed at once; ${bytes(plan.moduleBytes)} of code, a table of ${bytes(plan.tableBytes)}`,
  ].join('\n');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
