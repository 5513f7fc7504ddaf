// Indices that a run checks: one that does not exist ends it with an error, wherever it comes from. Where all are known before,
// the same error is thrown at once.

import { checkIndices as checkIndicesKernel } from '@treadle/kernels';
import { scopeName } from '../../calls/scope.ts';
import { laneOf } from '../../dtype.ts';
import { applyOp, type Node } from '../../node.ts';
import type { TiledOp } from '../../op.ts';
import { denseView, type Shape, sizeOf } from '../../shape.ts';

export interface IndexRange {
  /** what is named in errors */
  readonly op: string;
  /** how many there are to choose from */
  readonly n: number;
  /** whether −n … −1 count from the end */
  readonly countsFromEnd: boolean;
}

/**
 * int32 indices, or floats that are rounded towards zero → int32 of the same shape, 0 … n − 1. Throws RangeError for others:
 * at once where they are known, otherwise the run does.
 */
export function checkIndices(indices: Node, range: IndexRange): Node {
  const { shape, dtype } = indices;
  const wrong = refusedIndex(indices, range);
  if (wrong) throw wrong;
  const { op: caller, n, countsFromEnd } = range;
  const scope = scopeName();
  const op: TiledOp = {
    kind: 'tiled',
    name: 'checkIndices',
    key: `checkIndices ${caller} ${countsFromEnd ? -n : 0} ${n} ${scope};`,
    mayRefuse: true,
    kernels: ({ inputs: [source], output, present, record }) => {
      if (!source) throw new Error('internal: checkIndices needs its input');
      const error = (position: number, bits: number): Error =>
        indexError(range, shape, position, dtype === 'float32' ? floatOf(bits) : bits, scope);
      return [
        checkIndicesKernel({
          name: `indices ${shape.join('×')}`.trimEnd(),
          source,
          type: laneOf(dtype),
          store: { slot: output, view: denseView(shape) },
          n,
          countsFromEnd,
          refusal: { slot: record(), error },
          present,
        }),
      ];
    },
    // Rows that a run does not have must not be checked: they are known where they are the last ones.
    ragged: (_, axis) => (sizeOf(shape.slice(0, axis)) === 1 ? axis : undefined),
    gradient: () => [],
  };
  return applyOp(op, [indices], shape, 'int32');
}

/** The error for the first index that is known, and does not exist. */
function refusedIndex({ source, shape }: Node, range: IndexRange): RangeError | undefined {
  const known =
    source?.kind === 'number' ? [source.value] : source?.kind === 'stored' ? source.storage.known : undefined;
  const lowest = range.countsFromEnd ? -range.n : 0;
  for (let i = 0; i < (known?.length ?? 0); i++) {
    const value = known?.[i] ?? 0;
    const index = Math.trunc(value);
    if (!(index >= lowest && index < range.n)) return indexError(range, shape, i, value, scopeName());
  }
  return undefined;
}

function indexError(
  { op, n, countsFromEnd }: IndexRange,
  shape: Shape,
  position: number,
  value: number,
  scope: string,
): RangeError {
  const rule = `${op}: indices must be at least ${countsFromEnd ? -n : 0} and less than ${n}`;
  const place = shape.length === 0 ? '' : ` at [${indicesAt(position, shape).join(', ')}]`;
  return new RangeError(`${rule}; got ${value}${place}${scope && `, in layer ${scope}`}`);
}

/** The indices of a row-major position. */
function indicesAt(position: number, shape: Shape): readonly number[] {
  let rest = position;
  return shape
    .toReversed()
    .map((extent, i) => {
      const index = i === shape.length - 1 ? rest : rest % extent;
      rest = Math.floor(rest / extent);
      return index;
    })
    .toReversed();
}

function floatOf(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0] ?? 0;
}
