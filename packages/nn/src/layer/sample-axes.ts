// Axes of a sample as users count them: with the batch as axis 0, negative ones from the end.

import { type Shape, show } from '@treadle/tensor';

/** The axes of a tensor [batch, ...shape], ascending from 1. Throws RangeError for an axis that does not exist or is the batch. */
export function axesOf(kind: string, shape: Shape, axis: number | readonly number[]): readonly number[] {
  const rank = shape.length + 1;
  const axes = [axis].flat().map((i) => (Number.isInteger(i) && i < 0 ? i + rank : i));
  if (axes.every((i) => Number.isInteger(i) && i > 0 && i < rank)) return axes.sort((a, b) => a - b);
  throw new RangeError(
    `${kind}: an axis must be one of a sample, 1 … ${rank - 1} or counted from the end; got ${show(axis)} for [batch, ${shape.join(', ')}]`,
  );
}
