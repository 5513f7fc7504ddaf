// The check of indices. Where their values are known, an index out of range is an error at the call; otherwise the run that computes
// them checks, and ends with the same error.

import { checkIndices as checkIndicesKernel } from '@treadle/kernels';
import { scopeName } from '../../calls/scope.ts';
import { laneOf } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { denseView, type Shape, sizeOf } from '../../shape.ts';

export interface IndexRange {
  /** the name in errors */
  readonly op: string;
  /** number of elements to choose from */
  readonly n: number;
  /** whether −n … −1 count from the end */
  readonly countsFromEnd: boolean;
}

/**
 * int32 indices, or floats, which are rounded towards zero → int32 of the same shape, 0 … n − 1. Throws RangeError for an index out of
 * range: at once where it is known, otherwise when the plan runs.
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
    // Rows that are not valid must not be checked. They are the last elements only if all axes before this one have extent 1.
    dynamicAxis: (_, axis) => (sizeOf(shape.slice(0, axis)) === 1 ? axis : undefined),
    gradient: () => [],
  };
  return applyOp(op, [indices], shape, 'int32');
}

/** The error for the first known index that is out of range; undefined if there is none. */
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
  const where = shape.length === 0 ? '' : ` at [${indicesAt(position, shape).join(', ')}]`;
  return new RangeError(`${rule}; got ${value}${where}${scope && `, in layer ${scope}`}`);
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
