// The sizes of a padding or a cropping: how many positions at each end of one axis or two.

import { show } from '@treadle/tensor';
import type { OptionType } from '../../config/kind.ts';
import { anything, isPairOf } from '../../config/plain-types.ts';

/** The same number at both ends of an axis, or [before, after]. */
export type PaddingEnds = number | readonly [number, number];
/** The same number on all sides, [rows, columns] for both ends of each, or [[top, bottom], [left, right]]. */
export type PaddingSides = number | readonly [PaddingEnds, PaddingEnds];

const isNumber = (x: unknown): x is number => typeof x === 'number';
const isEnds = (x: unknown): x is PaddingEnds => isNumber(x) || isPairOf(x, isNumber);

export const endsType: OptionType<PaddingEnds> = anything(isEnds);

export const sidesType: OptionType<PaddingSides> = anything(
  (x): x is PaddingSides => isNumber(x) || isPairOf(x, isEnds),
);

/** [before, after]. Throws RangeError unless both are whole numbers ≥ 0; `what` begins the message. */
export function endsOf(what: string, ends: PaddingEnds): readonly [number, number] {
  const pair = typeof ends === 'number' ? ([ends, ends] as const) : ends;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0)) return pair;
  throw wrongSizes(what, ends);
}

/** [[top, bottom], [left, right]]. Throws as endsOf does. */
export function sidesOf(
  what: string,
  sides: PaddingSides,
): readonly [rows: readonly [number, number], columns: readonly [number, number]] {
  const pair = typeof sides === 'number' ? ([sides, sides] as const) : sides;
  if (!Array.isArray(pair) || pair.length !== 2) throw wrongSizes(what, sides);
  const [rows, columns] = pair;
  return [endsOf(what, rows), endsOf(what, columns)];
}

function wrongSizes(what: string, sizes: unknown): RangeError {
  return new RangeError(`${what} must be whole numbers ≥ 0, one or two for each axis; got ${show(sizes)}`);
}
