// Dynamic batch: whether a plan that was made for some number of rows may run for fewer, with padding behind the last row. Two captures
// of one function, at two numbers of rows, are compared. Every entry must depend on its arguments row by row, or reduce over rows in
// an order in which missing rows can be left out at the end. Whatever else depends on the number of rows, such as a factor 1/n or
// another structure, shows as a difference between the captures.

import {
  denseView,
  type LoopBody,
  type LoopOp,
  type Node,
  type Part,
  type Shape,
  sizeOf,
  type TiledOp,
} from '@treadle/graph';
import type { Capture, Entry } from '../trace/capture.ts';

/** By entry: its dynamic axis, whose extent is the number of rows or a multiple of it; undefined for none. */
export type AxisOfEntries = readonly (number | undefined)[];

/** The dynamic axes of a capture, or of the body of a loop. */
export interface DynamicAxes {
  readonly axes: AxisOfEntries;
  /** by entry: the dynamic axes of its body, for the loops among them */
  readonly bodies: ReadonlyMap<number, DynamicBody>;
}

/** The dynamic axes of a loop's body. With `countsRows` the number of iterations depends on the rows, and no step has a dynamic axis. */
export interface DynamicBody extends DynamicAxes {
  readonly countsRows: boolean;
}

/** A dynamic batch of at most so many rows. Captures with equal axes and keys may run the plan of the one with most rows. */
export interface DynamicBatch extends DynamicAxes {
  readonly rows: number;
  readonly key: string;
}

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

/** The dynamic axis of a loop's result. */
export function partAxis(part: Part, { axes, bodies, countsRows }: DynamicBody): number | undefined {
  if (part.kind === 'final') return axes[part.carry];
  if (part.kind === 'result') return undefined;
  if (countsRows) return 0;
  const { place } = part;
  if (typeof place === 'number') return shiftedAxis(axes[place]);
  const body = bodies.get(place.of);
  return body && shiftedAxis(partAxis(place.part, body));
}

/** The axis, with one more in front. */
function shiftedAxis(axis: number | undefined): number | undefined {
  return axis === undefined ? undefined : axis + 1;
}

/** An input of an entry. */
interface EntryInput {
  readonly shape: Shape;
  readonly axis: number | undefined;
  readonly rows: number;
}

/** `3,2n` for [3, 2·rows]; undefined where the extent is not a multiple of the rows. */
function symbolicShape(shape: Shape, axis: number | undefined, rows: number): string | undefined {
  const isWhole = axis === undefined || (shape[axis] ?? 0) % rows === 0;
  return isWhole ? shape.map((extent, d) => (d === axis ? `${extent / rows}n` : extent)).join() : undefined;
}

/** Whether all elements of row i come before those of row i + 1 in memory. */
function isOutermost(shape: Shape, axis: number | undefined): boolean {
  return axis === undefined || sizeOf(shape.slice(0, axis)) === 1;
}

function sourceLine({ source }: Node, axis: number | undefined): string | undefined {
  if (source?.kind === 'argument') return `argument${source.index}`;
  return axis === undefined ? source?.kind : undefined;
}

function opLine(node: Node, axis: number | undefined, inputs: readonly EntryInput[], rows: number): string | undefined {
  const { op, shape } = node;
  switch (op?.kind) {
    case 'lane': {
      const isAligned = inputs.every((input) => {
        return input.axis === undefined || input.axis + shape.length - input.shape.length === axis;
      });
      // The index of an element must not depend on the number of rows.
      return isAligned && (op.indexed !== true || isOutermost(shape, axis)) ? op.key : undefined;
    }
    case 'reduce': {
      const input = inputs[0];
      if (input?.axis === undefined || input.axis < shape.length) return input?.axis === axis ? op.key : undefined;
      // Missing rows come last in row-major order only if the dynamic axis is the first of those that are reduced.
      return axis === undefined && sizeOf(input.shape.slice(shape.length, input.axis)) === 1 ? op.key : undefined;
    }
    case 'tiled': // for an op with several results, each result is checked on its own
      return op.results || followsRows(op, axis, inputs) ? withoutShape(op.key, shape) : undefined;
    case 'move':
      return moveLine(node, axis, inputs[0], rows);
    default:
      return undefined;
  }
}

/** One result of an op with several. */
function partLine(
  { op: part }: Node,
  axis: number | undefined,
  { op }: Node,
  inputs: readonly EntryInput[],
): string | undefined {
  return op?.kind === 'tiled' && followsRows(op, axis, inputs) ? part?.key : undefined;
}

/** Whether rows of the inputs become rows of the result along its axis, or are reduced if the result has no dynamic axis. */
function followsRows(op: TiledOp, axis: number | undefined, inputs: readonly EntryInput[]): boolean {
  if (axis !== undefined && inputs.every((input) => input.axis === undefined)) return false;
  return inputs.every((input, i) => {
    if (input.axis === undefined) return true;
    const becomes = op.ragged?.(i, input.axis, input.shape);
    return becomes === 'combined' ? axis === undefined : becomes !== undefined && becomes === axis;
  });
}

/** The key without the result's shape at its end: the line has the shape anyway, without the number of rows. */
function withoutShape(key: string, shape: Shape): string {
  const end = `${shape}`;
  return shape.length > 0 && key.endsWith(end) ? key.slice(0, -end.length) : key;
}

/**
 * A move as a text that does not depend on the number of rows: its strides within a row of the input, and its strides over whole
 * inputs. undefined unless row i of the result comes from row i of the input alone.
 */
function moveLine(
  { op, shape }: Node,
  axis: number | undefined,
  input: EntryInput | undefined,
  rows: number,
): string | undefined {
  if (op?.kind !== 'move' || !input) return undefined;
  const view = op.view(denseView(input.shape));
  if (!view) return undefined;
  if (input.axis === undefined) {
    const isRepeated = axis === undefined || view.strides[axis] === 0;
    return isRepeated ? `${op.name} ${view.strides};${view.offset}` : undefined;
  }
  if (axis === undefined) return undefined;
  // Elements from a row of the input to the next one, and of all rows together.
  const row = sizeOf(input.shape.slice(input.axis)) / rows;
  const all = row * rows;
  let first = view.offset;
  let reach = 0;
  const steps: string[] = [];
  for (const [d, extent] of shape.entries()) {
    const stride = view.strides[d] ?? 0;
    const inRow = d === axis ? extent / rows : extent;
    if (inRow === 1) continue;
    if (d !== axis && stride % all === 0) {
      steps.push(`${d}: ${stride / all} whole`);
      continue;
    }
    first += Math.min(0, (inRow - 1) * stride);
    reach += (inRow - 1) * Math.abs(stride);
    steps.push(`${d}: ${stride}`);
  }
  const step = ((view.strides[axis] ?? 0) * (shape[axis] ?? 1)) / rows;
  const begin = ((first % all) + all) % all;
  const staysInRow = step === row && begin + reach < row;
  return staysInRow ? `${op.name} ${steps};${begin} + ${(first - begin) / all} whole` : undefined;
}
