// Runs one process to its end, or to a time limit, and takes what it started down with it.

import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';

/** How a process is run. */
export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** when the process is ended, if it has not ended by itself */
  readonly seconds: number;
}

/** A process that has ended. */
export interface Finished {
  /** the exit code; the name of the signal that ended it; 'time limit' */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Ends a process and all that it has started. */
export function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // nothing of it is left
  }
}

/** Runs a process in a group of its own until it ends; never rejects. */
export function runProcess(
  file: string,
  args: readonly string[],
  { cwd, env, seconds }: RunOptions,
): Promise<Finished> {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    let isTooLate = false;
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      isTooLate = true;
      endGroup(child);
    }, 1000 * seconds);
    const end = (code: number | string): void => {
      clearTimeout(timer);
      endGroup(child);
      const why = isTooLate ? 'time limit' : code;
      resolve({ code: why, stdout, stderr, seconds: (performance.now() - began) / 1000 });
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(signal ?? code ?? 'unknown'));
  });
}
