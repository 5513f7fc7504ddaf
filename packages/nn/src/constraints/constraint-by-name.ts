// Constraints by name, and from their configs. The names are those of the exports of index.ts.

import { byName, isConfig, isNameIn, show } from '@treadle/tensor';
import type { Constraint } from './constraint.ts';
import * as constraints from './index.ts';

/** A name of a constraint, such as 'nonNeg'. */
export type ConstraintName = keyof typeof constraints;

/**
 * The constraint of that name with its default options. A function is returned as it is, and undefined too. Throws RangeError for
 * anything else.
 */
export function constraintOf(given: ConstraintName | Constraint | undefined): Constraint | undefined {
  if (given === undefined || typeof given === 'function') return given;
  if (isNameIn(constraints, given)) return byName('constraint', constraints, given)();
  throw new RangeError(
    `constraint: it must be a function or one of ${Object.keys(constraints).join(', ')}; got ${show(given)}; maxNorm(2) makes one`,
  );
}

/** The constraint that a config describes, by its name or by its options. Throws RangeError for an unknown kind. */
export function constraintFrom(config: unknown): Constraint {
  if (isNameIn(constraints, config)) return byName('constraint', constraints, config)();
  const kind = isConfig(config) ? config.kind : config;
  const reader = Object.values(constraints).find((each) => each.kind === kind);
  if (isConfig(config) && reader) return reader.fromConfig(config, nothingNested);
  throw new RangeError(`constraint: the kind must be one of ${Object.keys(constraints).join(', ')}; got ${show(kind)}`);
}

function nothingNested(): never {
  throw new Error('internal: a constraint holds no other config');
}
