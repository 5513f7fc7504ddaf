// A dynamic batch: the axes of a capture whose extents depend on the number of rows of a run. A row is whatever the open axis counts: a
// sample of a batch, or a step of a sequence.

import type { Part } from '@treadle/graph';

/** The dynamic axes of a capture, or of the body of a loop. */
export interface DynamicAxes {
  /** by entry, or place of the body: its dynamic axis, whose extent is the rows or a multiple of them; undefined for none */
  readonly axes: readonly (number | undefined)[];
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
