// Optimizers by name, with their default options, and from their configs. The names are those of the exports of optimizers/index.ts
// and schedules/index.ts.

import { byName, type Config, isConfig, type MakerOf } from '@treadle/tensor';
import * as optimizers from './optimizers/index.ts';
import * as schedules from './schedules/index.ts';
import type { RateAt } from './schedules/schedule.ts';
import type { Optimizer } from './update/optimizer.ts';

/** A name of an optimizer, such as 'adam'. */
export type OptimizerName = keyof typeof optimizers;

/**
 * A new optimizer of that name with its default options. Throws RangeError for an unknown name.
 *
 * @example
 * ```ts
 * import { optimizerByName } from 'treadle';
 * optimizerByName('adam').learningRate; // → 0.001
 * ```
 */
export function optimizerByName(name: string): Optimizer {
  return byName('optimizer', optimizers, name)();
}

const makers: Readonly<Record<string, MakerOf<Optimizer>>> = optimizers;
const scheduleMakers: Readonly<Record<string, MakerOf<RateAt>>> = schedules;

/** The optimizer that the config describes, before its first step. Throws RangeError for an unknown kind, and as the optimizer does. */
export function optimizerFrom({ kind, learningRate, ...options }: Config): Optimizer {
  return byName('optimizer', makers, kind)(isConfig(learningRate) ? scheduleFrom(learningRate) : learningRate, options);
}

/** The schedule that the config describes. Throws RangeError for an unknown kind, and as the schedule does. */
export function scheduleFrom({ kind, arguments: given }: Config): RateAt {
  if (!Array.isArray(given)) throw new RangeError(`schedule: the arguments of ${kind} must be an array; got none`);
  return byName('schedule', scheduleMakers, kind)(...given.map((each) => (isConfig(each) ? scheduleFrom(each) : each)));
}
