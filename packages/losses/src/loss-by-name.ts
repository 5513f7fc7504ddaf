// Losses by name, with their default options, and from their configs. The names are those of the exports of losses/index.ts.

import { byName, type Config, type MakerOf } from '@treadle/tensor';
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

const makers: Readonly<Record<string, MakerOf<Loss>>> = losses;

/** The loss that the config describes. Throws RangeError for an unknown kind, and as the loss does for its options. */
export function lossFrom({ kind, ...options }: Config): Loss {
  return byName('loss', makers, kind)(options);
}
