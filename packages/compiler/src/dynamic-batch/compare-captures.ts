// Dynamic batch: whether a plan that was made for some number of rows may run for fewer, with padding behind the last row. Two captures
// of one function, at two numbers of rows, are compared. Every entry must depend on its arguments row by row, or reduce over rows in
// an order in which missing rows can be left out at the end. Whatever else depends on the number of rows, such as a factor 1/n or
// another structure, shows as a difference between the captures.

import type { LoopBody, LoopOp, Node } from '@treadle/graph';
import type { Capture, Entry } from '../trace/capture.ts';
import { type DynamicAxes, type DynamicBatch, type DynamicBody, partAxis } from './dynamic-batch.ts';
import { type EntryInput, opLine, partLine, symbolicShape } from './row-dependence.ts';

/** The dynamic axes and the key of captures at two numbers of rows; undefined where they cannot share a plan. */
export function compareCaptures(
  a: Capture,
  rowsOfA: number,
  b: Capture,
  rowsOfB: number,
): Omit<DynamicBatch, 'rows'> | undefined {
  const dynamic = findDynamicAxes(a.entries, b.entries);
  const key = dynamic && dynamicKey(a, rowsOfA, dynamic);
  return dynamic && key !== undefined && key === dynamicKey(b, rowsOfB, dynamic) ? { ...dynamic, key } : undefined;
}

function findDynamicAxes(a: readonly Entry[], b: readonly Entry[]): DynamicAxes | undefined {
  if (a.length !== b.length) return undefined;
  const axes: (number | undefined)[] = [];
  const bodies = new Map<number, DynamicBody>();
  for (const [at, { node }] of a.entries()) {
    const other = b[at]?.node;
    if (other?.shape.length !== node.shape.length) return undefined;
    const differs = node.shape.flatMap((extent, axis) => (extent === other.shape[axis] ? [] : [axis]));
    if (differs.length > 1) return undefined;
    axes.push(differs[0]);
    if (node.source || node.op?.kind !== 'loop') continue;
    if (other.op?.kind !== 'loop') return undefined;
    const body = findDynamicAxes(entriesOf(node.op.body), entriesOf(other.op.body));
    if (!body) return undefined;
    bodies.set(at, { ...body, countsRows: node.op.length !== other.op.length });
  }
  return { axes, bodies };
}

/** The nodes of a body as entries, in the order of their places. */
function entriesOf({ places, made }: LoopBody): readonly Entry[] {
  const given = places.size - made.length;
  return [...places.keys()].map((node, place) => ({
    node,
    inputs: (made[place - given]?.inputs ?? []).map((input) => places.get(input) ?? -1),
  }));
}

/**
 * The structure of a capture as a text that does not depend on the number of rows. undefined where an entry forbids sharing the plan.
 */
export function dynamicKey({ entries, roots }: Capture, rows: number, dynamic: DynamicAxes): string | undefined {
  const { axes } = dynamic;
  const lines = linesOf(entries, rows, dynamic, (at) => {
    const node = entries[at]?.node;
    return node?.source && (sourceLine(node, axes[at]) ?? 'varies');
  });
  if (!lines) return undefined;
  const variables = new Map(
    entries.flatMap(({ node }, at) => (node.source?.kind === 'variable' ? [[node.source.state, at]] : [])),
  );
  const targets: string[] = [];
  for (const { at, target } of roots) {
    if (target && axes[at] !== undefined) return undefined;
    targets.push(target ? `${at} → ${variables.get(target) ?? 'variable'}` : `${at}`);
  }
  return [...lines, ...targets].join('\n');
}

/** A line for each entry. `given` is the line of an entry that is not computed from others; 'varies' if it forbids sharing. */
function linesOf(
  entries: readonly Entry[],
  rows: number,
  dynamic: DynamicAxes,
  given: (at: number) => string | undefined,
): readonly string[] | undefined {
  const { axes } = dynamic;
  const lines: string[] = [];
  for (const [at, { node, inputs }] of entries.entries()) {
    const shape = symbolicShape(node.shape, axes[at], rows);
    const source = given(at);
    const what = source ?? lineOf(entries, at, rows, dynamic);
    if (shape === undefined || what === undefined || source === 'varies') return undefined;
    lines.push(`${what}(${inputs})[${shape}]${node.dtype}`);
  }
  return lines;
}

function lineOf(
  entries: readonly Entry[],
  at: number,
  rows: number,
  { axes, bodies }: DynamicAxes,
): string | undefined {
  const { node, inputs = [] } = entries[at] ?? {};
  const operandsOf = (all: readonly number[]): readonly EntryInput[] =>
    all.map((input) => ({ shape: entries[input]?.node.shape ?? [], axis: axes[input], rows }));
  if (!node) return undefined;
  if (node.op?.kind === 'loop') return loopLine(node.op, bodies.get(at), rows, operandsOf(inputs));
  if (node.op?.kind !== 'part') return opLine(node, axes[at], operandsOf(inputs), rows);
  const [of = -1] = inputs;
  const whole = entries[of];
  const body = bodies.get(of);
  if (body) return axes[at] === partAxis(node.op.part, body) ? node.op.key : undefined;
  return whole && partLine(node, axes[at], whole.node, operandsOf(whole.inputs));
}

/** A loop with an iteration for each row, or a loop whose steps treat every row alike. */
function loopLine(
  { body, length, isReversed }: LoopOp,
  dynamic: DynamicBody | undefined,
  rows: number,
  operands: readonly EntryInput[],
): string | undefined {
  if (!dynamic) return undefined;
  const firstSlice = body.carries.length;
  const firstConst = firstSlice + body.slices.length;
  const isSeen = operands.every(({ axis }, i) => {
    const isSlice = i >= firstSlice && i < firstConst;
    if (!isSlice || axis === undefined) return dynamic.axes[i] === axis && !(isSlice && dynamic.countsRows);
    return axis === 0 ? dynamic.countsRows && dynamic.axes[i] === undefined : dynamic.axes[i] === axis - 1;
  });
  const nexts = body.next.map((node) => body.places.get(node) ?? -1);
  const isKept = nexts.every((place, carry) => dynamic.axes[place] === dynamic.axes[carry]);
  const hasNone = dynamic.axes.every((axis) => axis === undefined);
  const iterations = dynamic.countsRows ? symbolicShape([length], 0, rows) : `${length}`;
  const lines = linesOf(entriesOf(body), rows, dynamic, (at) => (at < operands.length ? 'given' : undefined));
  return isSeen && isKept && lines && iterations !== undefined && (hasNone || !dynamic.countsRows)
    ? `scan ${iterations} ${isReversed} ${firstSlice} ${firstConst} → ${nexts} {${lines.join(' ')}}`
    : undefined;
}

function sourceLine({ source }: Node, axis: number | undefined): string | undefined {
  if (source?.kind === 'argument') return `argument${source.index}`;
  return axis === undefined ? source?.kind : undefined;
}
