// What a run that failed throws: which thread failed where and why, and what the run may have written by then.

/** The error of a run in which a thread failed. */
export class RunError extends Error {
  /** numbers of the kernels that may have written something: some thread had begun a tile of them */
  readonly begun: readonly number[];

  constructor(message: string, begun: readonly number[], options: ErrorOptions) {
    super(message, options);
    this.begun = begun;
  }
}

/** What is known of a failure. */
export interface RunFailure {
  /** the thread that failed, and the number and name of the kernel at which it was; undefined where unknown */
  readonly thread: number | undefined;
  readonly kernel: number | undefined;
  readonly kernelName: string | undefined;
  readonly reason: string;
  /** numbers of the kernels of which some tile was claimed */
  readonly begun: readonly number[];
  /** what was thrown, or the error with which the thread ended */
  readonly cause: unknown;
}

/** `team: thread 1 failed in kernel 3 (matmul); …` */
export function runErrorOf({ thread, kernel, kernelName = 'unnamed', reason, begun, cause }: RunFailure): RunError {
  const who = thread === undefined ? 'a thread' : `thread ${thread}`;
  const where = kernel === undefined ? 'between kernels' : `in kernel ${kernel} (${kernelName})`;
  return new RunError(`team: ${who} failed ${where}; ${reason}`, begun, { cause });
}
