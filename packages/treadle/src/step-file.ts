// The commands that look into a plan: what `explain` and `profile` say of a function that a file exports.

import { explain, profile, setThreads } from '@treadle/tensor';
import { importFile } from './node-command.ts';

interface StepFile {
  readonly step: (...args: unknown[]) => unknown;
  readonly args: readonly unknown[];
}

export async function explainFile(path: string): Promise<string> {
  const { step, args } = await load(path);
  return String(explain(step)(...args));
}

export interface ProfileFileOptions {
  readonly runs: number;
  readonly threads?: number | undefined;
}

export async function profileFile(path: string, { runs, threads }: ProfileFileOptions): Promise<string> {
  if (threads !== undefined) setThreads(threads);
  const { step, args } = await load(path);
  return String(profile(step, { runs })(...args));
}

/** Imports the file, which runs it. Throws TypeError unless it exports `step`, a function, and `args`, an array, or none. */
async function load(path: string): Promise<StepFile> {
  const { step, args = [] } = await importFile(path);
  if (!isFunction(step)) throw new TypeError(`${path} must export a function named step; got ${typeof step}`);
  if (!Array.isArray(args)) throw new TypeError(`args of ${path} must be an array; got ${typeof args}`);
  return { step, args };
}

function isFunction(x: unknown): x is StepFile['step'] {
  return typeof x === 'function';
}
