// Row dependence: how an entry's rows follow from those of its inputs. An entry that a plan for more rows may compute has a line of text,
// which is the same at any number of rows; any other entry has none.

import { denseView, type Node, type Shape, sizeOf, type TiledOp } from '@treadle/graph';

/** An input of an entry: its shape, its dynamic axis, and the rows of the capture. */
export interface EntryInput {
  readonly shape: Shape;
  readonly axis: number | undefined;
  readonly rows: number;
}

/** `3,2n` for [3, 2·rows]; undefined where the extent is not a multiple of the rows. */
export function symbolicShape(shape: Shape, axis: number | undefined, rows: number): string | undefined {
  const isWhole = axis === undefined || (shape[axis] ?? 0) % rows === 0;
  return isWhole ? shape.map((extent, d) => (d === axis ? `${extent / rows}n` : extent)).join() : undefined;
}

/** Whether all elements of row i come before those of row i + 1 in memory. */
export function isOutermost(shape: Shape, axis: number | undefined): boolean {
  return axis === undefined || sizeOf(shape.slice(0, axis)) === 1;
}

/** The line of a node that is no loop and no result of another; undefined if its rows do not follow from those of its inputs. */
export function opLine(
  node: Node,
  axis: number | undefined,
  inputs: readonly EntryInput[],
  rows: number,
): string | undefined {
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

/** The line of one result of an op with several, which is the third argument. */
export function partLine(
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
    const becomes = op.dynamicAxis?.(i, input.axis, input.shape);
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
