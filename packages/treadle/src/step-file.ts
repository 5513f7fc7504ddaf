// The commands `explain` and `profile`: import a module that the user names, and describe the plan of the function that
// it exports. The functions `explain` and `profile` of the engine do the work.

import { explain, profile, setThreads } from '@treadle/tensor';
import { importFile, nodeVersion } from './node-command.ts';

interface StepFile {
  readonly step: (...args: unknown[]) => unknown;
  readonly args: readonly unknown[];
}

/**
 * The plan of the exported `step`, called with the exported `args`, as a table. Computes nothing. Throws as `load`
 * does.
 */
export async function explainFile(path: string): Promise<string> {
  const { step, args } = await load(path);
  return String(explain(step)(...args));
}

/** Options of `profileFile`. */
export interface ProfileFileOptions {
  /** the number of calls; the one with the median time is shown */
  readonly runs: number;
  /** all cores by default */
  readonly threads?: number | undefined;
}

/**
 * Calls the exported `step` with the exported `args`, and returns the time of each kernel as a table. Throws as `load`
 * does.
 */
export async function profileFile(path: string, { runs, threads }: ProfileFileOptions): Promise<string> {
  if (threads !== undefined) setThreads(threads);
  const { step, args } = await load(path);
  return String(profile(step, { runs })(...args));
}

/**
 * Imports the file, which executes it. Throws TypeError unless it exports a function `step` and, if any, an array
 * `args`; and for a kind of file that this Node does not import.
 */
async function load(path: string): Promise<StepFile> {
  const { step, args = [] } = await importModule(path);
  if (!isFunction(step)) throw new TypeError(`${path} must export a function named step; got ${typeof step}`);
  if (!Array.isArray(args)) throw new TypeError(`${path} must export args as an array; got ${typeof args}`);
  return { step, args };
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return await importFile(path);
  } catch (cause) {
    const isUnknown = cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNKNOWN_FILE_EXTENSION';
    if (!isUnknown) throw cause;
    const hint = 'use JavaScript, or TypeScript on Node 22.18 or newer';
    throw new TypeError(`${path} must be a module that Node ${nodeVersion} can import; ${hint}`, { cause });
  }
}

function isFunction(x: unknown): x is StepFile['step'] {
  return typeof x === 'function';
}
