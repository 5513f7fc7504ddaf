// The settings that are made outside of a program, in the environment. Each is read and checked when it is first needed, and a
// value that is not allowed is a RangeError which says what is allowed. This is the only place that reads these variables.

import { host } from '#host';
import type { Priority } from './threads/messages.ts';

/** The largest team; more threads would use up the memory of a machine, not its cores. */
export const mostThreads = 1024;

/** TREADLE_SIMD: the width of vectors; undefined where it is to be found. With 'off' no flag of V8 may be set. */
export function simdSetting(): '128' | '256' | 'off' | undefined {
  const hint = 'left unset, the engine finds what is fastest here';
  return oneOf('TREADLE_SIMD', ['128', '256', 'off'], hint);
}

/** TREADLE_FMA: whether products may use fused multiply-add, which rounds once. */
export function fmaSetting(): boolean {
  const hint = 'off rounds every product and every sum, the same on all machines';
  return oneOf('TREADLE_FMA', ['off'], hint) === undefined;
}

/** TREADLE_PRIORITY: the priority of the worker threads. */
export function prioritySetting(): Priority {
  const hint = 'low leaves the cores to other programs that want them';
  return oneOf('TREADLE_PRIORITY', ['normal', 'low'], hint) ?? 'normal';
}

/** TREADLE_THREADS: how many threads compute; undefined where that follows from the cores. */
export function threadsSetting(): number | undefined {
  const text = valueOf('TREADLE_THREADS');
  if (text === '') return undefined;
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= mostThreads) return Number(text);
  throw new RangeError(
    `TREADLE_THREADS: must be a whole number from 1 to ${mostThreads}; got '${text}'; left unset, one thread for each of the ${host.cores()} cores computes`,
  );
}

/** The value of a variable that must be one of some names; undefined where it is not set, or empty. */
function oneOf<N extends string>(name: string, names: readonly N[], hint: string): N | undefined {
  const text = valueOf(name);
  const found = names.find((known) => known === text);
  if (found !== undefined || text === '') return found;
  const [last = '', ...others] = [...names, ...(names.length === 1 ? ['unset'] : [])].reverse();
  throw new RangeError(`${name}: must be ${others.reverse().join(', ')} or ${last}; got '${text}'; ${hint}`);
}

function valueOf(name: string): string {
  return host.environment(name) ?? '';
}
