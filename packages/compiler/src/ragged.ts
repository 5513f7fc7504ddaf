// Captures of one function at different leading sizes of its arguments, compared: whether a plan that was made for one size may
// run for a smaller one, with rows behind the last that mean nothing. For that, every entry must depend row by row on what
// comes in, or combine over rows in an order in which the missing ones can be left out at the end. What a size has brought
// about otherwise (a number such as 1/n, another structure) is seen because every size has a capture of its own.

import { denseView, type Node, type Shape, sizeOf, type TiledOp } from '@treadle/graph';
import type { Capture } from './capture.ts';

/** For each entry: its axis of which there are as many elements as rows, or a multiple of that; undefined for none. */
export type RaggedAxes = readonly (number | undefined)[];

/** Captures with the same axes and the same key may run the plan of the one that has most rows. */
export interface Ragged {
  readonly rows: number;
  readonly axes: RaggedAxes;
  readonly key: string;
}

/** What captures at two different numbers of rows have in common; undefined where one plan cannot serve both. */
export function compareRagged(
  a: Capture,
  rowsOfA: number,
  b: Capture,
  rowsOfB: number,
): Omit<Ragged, 'rows'> | undefined {
  const axes = differingAxes(a, b);
  const key = axes && raggedKey(a, rowsOfA, axes);
  return axes && key !== undefined && key === raggedKey(b, rowsOfB, axes) ? { axes, key } : undefined;
}

function differingAxes(a: Capture, b: Capture): RaggedAxes | undefined {
  if (a.entries.length !== b.entries.length) return undefined;
  const axes: (number | undefined)[] = [];
  for (const [at, { node }] of a.entries.entries()) {
    const other = b.entries[at]?.node.shape ?? [];
    if (other.length !== node.shape.length) return undefined;
    const differing = node.shape.flatMap((extent, axis) => (extent === other[axis] ? [] : [axis]));
    if (differing.length > 1) return undefined;
    axes.push(differing[0]);
  }
  return axes;
}

/**
 * The structure of a capture with its number of rows left open. undefined where some entry does not depend on rows as a plan
 * for more of them needs it.
 */
export function raggedKey({ entries, roots }: Capture, rows: number, axes: RaggedAxes): string | undefined {
  const lines: string[] = [];
  for (const [at, { node, inputs }] of entries.entries()) {
    const shape = openShape(node.shape, axes[at], rows);
    const operandsOf = (all: readonly number[]): readonly Entry[] =>
      all.map((input) => ({ shape: entries[input]?.node.shape ?? [], axis: axes[input], rows }));
    const whole = entries[inputs[0] ?? -1];
    const what = node.source
      ? sourceLine(node, axes[at])
      : node.op?.kind === 'part'
        ? whole && partLine(node, axes[at], whole.node, operandsOf(whole.inputs))
        : opLine(node, axes[at], operandsOf(inputs), rows);
    if (shape === undefined || what === undefined) return undefined;
    lines.push(`${what}(${inputs})[${shape}]${node.dtype}`);
  }
  const variables = new Map(
    entries.flatMap(({ node }, at) => (node.source?.kind === 'variable' ? [[node.source.state, at]] : [])),
  );
  for (const { at, target } of roots) {
    // The rows of a result are the first ones in memory.
    if (!isLeading(entries[at]?.node.shape ?? [], axes[at])) return undefined;
    lines.push(target ? `${at} → ${variables.get(target) ?? 'variable'}` : `${at}`);
  }
  return lines.join('\n');
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

function sourceLine({ source, shape }: Node, axis: number | undefined): string | undefined {
  if (source?.kind === 'argument') return isLeading(shape, axis) ? `argument${source.index}` : undefined;
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
    const becomes = op.ragged?.(i, input.axis, input.shape);
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
