// Captures of one function at different leading sizes of its arguments, compared: whether a plan that was made for one size may
// run for a smaller one, with rows behind the last that mean nothing. For that, every entry must depend row by row on what
// comes in, or combine over rows in an order in which the missing ones can be left out at the end. What a size has brought
// about otherwise (a number such as 1/n, another structure) is seen because every size has a capture of its own.

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
import type { Capture, Captured } from '../trace/capture.ts';

/** For each entry: its axis of which there are as many elements as rows, or a multiple of that; undefined for none. */
export type RaggedAxes = readonly (number | undefined)[];

/** Which axes have rows, in a capture or in the body of a loop, by place. */
export interface RaggedEntries {
  readonly axes: RaggedAxes;
  /** of the loops among them */
  readonly bodies: ReadonlyMap<number, RaggedBody>;
}

/** Either the rounds of a loop are as many as the rows, or a multiple of that, and its steps have no rows; or they have. */
export interface RaggedBody extends RaggedEntries {
  readonly countsRows: boolean;
}

/** Captures with the same axes and the same key may run the plan of the one that has most rows. */
export interface Ragged extends RaggedEntries {
  readonly rows: number;
  readonly key: string;
}

/** What captures at two different numbers of rows have in common; undefined where one plan cannot serve both. */
export function compareRagged(
  a: Capture,
  rowsOfA: number,
  b: Capture,
  rowsOfB: number,
): Omit<Ragged, 'rows'> | undefined {
  const ragged = differing(a.entries, b.entries);
  const key = ragged && raggedKey(a, rowsOfA, ragged);
  return ragged && key !== undefined && key === raggedKey(b, rowsOfB, ragged) ? { ...ragged, key } : undefined;
}

function differing(a: readonly Captured[], b: readonly Captured[]): RaggedEntries | undefined {
  if (a.length !== b.length) return undefined;
  const axes: (number | undefined)[] = [];
  const bodies = new Map<number, RaggedBody>();
  for (const [at, { node }] of a.entries()) {
    const other = b[at]?.node;
    if (other?.shape.length !== node.shape.length) return undefined;
    const differs = node.shape.flatMap((extent, axis) => (extent === other.shape[axis] ? [] : [axis]));
    if (differs.length > 1) return undefined;
    axes.push(differs[0]);
    if (node.source || node.op?.kind !== 'loop') continue;
    if (other.op?.kind !== 'loop') return undefined;
    const body = differing(entriesOf(node.op.body), entriesOf(other.op.body));
    if (!body) return undefined;
    bodies.set(at, { ...body, countsRows: node.op.length !== other.op.length });
  }
  return { axes, bodies };
}

/** The nodes of a body in the order of their places. */
function entriesOf({ places, made }: LoopBody): readonly Captured[] {
  const given = places.size - made.length;
  return [...places.keys()].map((node, place) => ({
    node,
    inputs: (made[place - given]?.inputs ?? []).map((input) => places.get(input) ?? -1),
  }));
}

/**
 * The structure of a capture with its number of rows left open. undefined where some entry does not depend on rows as a plan
 * for more of them needs it.
 */
export function raggedKey({ entries, roots }: Capture, rows: number, ragged: RaggedEntries): string | undefined {
  const { axes } = ragged;
  const lines = linesOf(entries, rows, ragged, (at) => {
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

/** A line for each entry; `given` says what is known of one that is not computed from others: 'varies' where that forbids to share. */
function linesOf(
  entries: readonly Captured[],
  rows: number,
  ragged: RaggedEntries,
  given: (at: number) => string | undefined,
): readonly string[] | undefined {
  const { axes } = ragged;
  const lines: string[] = [];
  for (const [at, { node, inputs }] of entries.entries()) {
    const shape = openShape(node.shape, axes[at], rows);
    const source = given(at);
    const what = source ?? lineOf(entries, at, rows, ragged);
    if (shape === undefined || what === undefined || source === 'varies') return undefined;
    lines.push(`${what}(${inputs})[${shape}]${node.dtype}`);
  }
  return lines;
}

function lineOf(
  entries: readonly Captured[],
  at: number,
  rows: number,
  { axes, bodies }: RaggedEntries,
): string | undefined {
  const { node, inputs = [] } = entries[at] ?? {};
  const operandsOf = (all: readonly number[]): readonly Entry[] =>
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

/** A loop of as many rounds as there are rows; or one whose steps treat rows alike, of which they see those that there are. */
function loopLine(
  { body, length, isReversed }: LoopOp,
  ragged: RaggedBody | undefined,
  rows: number,
  operands: readonly Entry[],
): string | undefined {
  if (!ragged) return undefined;
  const firstSlice = body.carries.length;
  const firstConst = firstSlice + body.slices.length;
  const isSeen = operands.every(({ axis }, i) => {
    const isSlice = i >= firstSlice && i < firstConst;
    if (!isSlice || axis === undefined) return ragged.axes[i] === axis && !(isSlice && ragged.countsRows);
    return axis === 0 ? ragged.countsRows && ragged.axes[i] === undefined : ragged.axes[i] === axis - 1;
  });
  const nexts = body.next.map((node) => body.places.get(node) ?? -1);
  const isKept = nexts.every((place, carry) => ragged.axes[place] === ragged.axes[carry]);
  const hasNone = ragged.axes.every((axis) => axis === undefined);
  const rounds = ragged.countsRows ? openShape([length], 0, rows) : `${length}`;
  const lines = linesOf(entriesOf(body), rows, ragged, (at) => (at < operands.length ? 'given' : undefined));
  return isSeen && isKept && lines && rounds !== undefined && (hasNone || !ragged.countsRows)
    ? `scan ${rounds} ${isReversed} ${firstSlice} ${firstConst} → ${nexts} {${lines.join(' ')}}`
    : undefined;
}

/** The axis of a part with rows. */
export function partAxis(part: Part, { axes, bodies, countsRows }: RaggedBody): number | undefined {
  if (part.kind === 'final') return axes[part.carry];
  if (part.kind === 'result') return undefined;
  if (countsRows) return 0;
  const { place } = part;
  if (typeof place === 'number') return behind(axes[place]);
  const body = bodies.get(place.of);
  return body && behind(partAxis(place.part, body));
}

/** The same axis with one more in front. */
function behind(axis: number | undefined): number | undefined {
  return axis === undefined ? undefined : axis + 1;
}

/** An input of an entry. */
interface Entry {
  readonly shape: Shape;
  readonly axis: number | undefined;
  readonly rows: number;
}

/** `3,2n` for [3, 2·rows]; undefined where the extent is no multiple of the rows. */
function openShape(shape: Shape, axis: number | undefined, rows: number): string | undefined {
  const isWhole = axis === undefined || (shape[axis] ?? 0) % rows === 0;
  return isWhole ? shape.map((extent, d) => (d === axis ? `${extent / rows}n` : extent)).join() : undefined;
}

/** Whether the elements of row i lie before those of row i + 1. */
function isLeading(shape: Shape, axis: number | undefined): boolean {
  return axis === undefined || sizeOf(shape.slice(0, axis)) === 1;
}

function sourceLine({ source }: Node, axis: number | undefined): string | undefined {
  if (source?.kind === 'argument') return `argument${source.index}`;
  return axis === undefined ? source?.kind : undefined;
}

function opLine(node: Node, axis: number | undefined, inputs: readonly Entry[], rows: number): string | undefined {
  const { op, shape } = node;
  switch (op?.kind) {
    case 'lane': {
      const isAligned = inputs.every((input) => {
        return input.axis === undefined || input.axis + shape.length - input.shape.length === axis;
      });
      // An element's index must not depend on how many rows there are.
      return isAligned && (op.indexed !== true || isLeading(shape, axis)) ? op.key : undefined;
    }
    case 'reduce': {
      const input = inputs[0];
      if (input?.axis === undefined || input.axis < shape.length) return input?.axis === axis ? op.key : undefined;
      // The missing elements are the last ones in row-major order only if rows lie along the first of the axes.
      return axis === undefined && sizeOf(input.shape.slice(shape.length, input.axis)) === 1 ? op.key : undefined;
    }
    case 'tiled': // what becomes of rows is said of each of several results
      return op.results || followsRows(op, axis, inputs) ? withoutShape(op.key, shape) : undefined;
    case 'move':
      return moveLine(node, axis, inputs[0], rows);
    default:
      return undefined;
  }
}

/** A result of an op of several. */
function partLine(
  { op: part }: Node,
  axis: number | undefined,
  { op }: Node,
  inputs: readonly Entry[],
): string | undefined {
  return op?.kind === 'tiled' && followsRows(op, axis, inputs) ? part?.key : undefined;
}

/** Whether rows of the inputs become rows of a result along the axis, or are combined where it has none. */
function followsRows(op: TiledOp, axis: number | undefined, inputs: readonly Entry[]): boolean {
  if (axis !== undefined && inputs.every((input) => input.axis === undefined)) return false;
  return inputs.every((input, i) => {
    if (input.axis === undefined) return true;
    const becomes = op.dynamicAxis?.(i, input.axis, input.shape);
    return becomes === 'combined' ? axis === undefined : becomes !== undefined && becomes === axis;
  });
}

/** A key that ends in the shape of the result, without it: the shape is known beside the key. */
function withoutShape(key: string, shape: Shape): string {
  const end = `${shape}`;
  return shape.length > 0 && key.endsWith(end) ? key.slice(0, -end.length) : key;
}

/**
 * What a move does, with the number of rows left open: how it strides within a row of its input, and over whole inputs'
 * worth of rows. undefined unless row i of the result comes from row i of the input alone.
 */
function moveLine(
  { op, shape }: Node,
  axis: number | undefined,
  input: Entry | undefined,
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
  // Elements from a row of the input to the next, and from the first row to behind the last.
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
