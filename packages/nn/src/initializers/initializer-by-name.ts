// Initializers by name, with their default options. The names are those of the exports of index.ts.

import { byName, checkName } from '@treadle/tensor';
import * as initializers from './index.ts';
import type { Initializer } from './initializer.ts';

/** A name of an initializer, such as 'glorotUniform'. */
export type InitializerName = keyof typeof initializers;

/** The name, if an initializer has it. Throws RangeError otherwise. */
export function initializerName(name: unknown): InitializerName {
  return checkName('initializer', initializers, name);
}

/**
 * The initializer of that name with its default options. A function is returned as it is. Throws RangeError for an unknown name.
 */
export function initializerOf(given: string | Initializer): Initializer {
  return typeof given === 'function' ? given : byName('initializer', initializers, given)();
}
