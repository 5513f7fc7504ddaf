// Losses by name, with their default options. The names are those of the exports of losses/index.ts.

import { byName } from '@treadle/tensor';
import type { Loss } from './loss/loss.ts';
import * as losses from './losses/index.ts';

/** A name of a loss, such as 'meanSquaredError' or 'mse'. */
export type LossName = keyof typeof losses;

/**
 * The loss of that name with its default options. Throws RangeError for an unknown name.
 *
 * @example
 * ```ts
 * import { lossByName } from 'treadle';
 * lossByName('mse')([[1, 2]], [[1, 4]]); // → 2
 * ```
 */
export function lossByName(name: string): Loss {
  return byName('loss', losses, name)();
}
