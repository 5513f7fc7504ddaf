// The entry of the bundle: runs its test files with vitest's own collector, runner and matchers, which need no particular host.
// What is around them (a process, a worker, a page, a terminal) is the caller's. Files that run in one realm share the engine
// and its memory, so give each a realm of its own: a process, a worker or a page.

import { tests } from 'portable-tests';
import type { RunnerTask, SerializedConfig } from 'vitest';
import { startTests } from 'vitest/internal/browser';

/** A test that has ended. */
export interface TestEnd {
  /** the titles from the outermost `describe` to the test */
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly milliseconds: number;
  /** what was thrown; empty unless it failed */
  readonly errors: readonly string[];
}

/** What came of a file. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** the tests that failed, and what failed around them: a hook, or the file itself when it was imported */
  readonly failures: readonly TestEnd[];
}

/** The test files in the bundle, as paths from the root of the workspace. */
export const files: readonly string[] = Object.keys(tests);

/** Milliseconds. No law is about time: this only ends what hangs, also on a machine that is busy with other work. */
const timeout = 300_000;

const states = { pass: 'passed', fail: 'failed' } as const;

/**
 * Runs one of `files`. Runs one at a time.
 *
 * @param report called after each test that ran
 * @returns the counts of its tests, and what failed; resolves also where the file cannot be imported, with a failure that says so
 */
export async function runFile(file: string, report: (end: TestEnd) => void = () => {}): Promise<Outcome> {
  provideState();
  const [task] = await startTests([file], {
    config,
    importFile: (path) => tests[path]?.(),
    onAfterRunTask: (test) => report(endOf(test)),
  });
  if (task === undefined) throw new Error(`internal: no task for ${file}`);
  const ends = [...leavesOf(task)].map(endOf);
  const count = (state: TestEnd['state']): number => ends.filter((end) => end.state === state).length;
  const failures = [...nodesOf(task)].filter((node) => node.result?.errors?.length).map(endOf);
  return { passed: count('passed'), failed: failures.length, skipped: count('skipped'), failures };
}

/** A file, its suites and its tests. */
function* nodesOf(task: RunnerTask): Generator<RunnerTask> {
  yield task;
  if (task.type === 'suite') for (const child of task.tasks) yield* nodesOf(child);
}

function* leavesOf(task: RunnerTask): Generator<RunnerTask> {
  for (const node of nodesOf(task)) if (node.type === 'test') yield node;
}

function endOf(task: RunnerTask): TestEnd {
  const { state, duration = 0, errors = [] } = task.result ?? {};
  return {
    name: task.fullTestName || task.name,
    state: state === 'pass' || state === 'fail' ? states[state] : 'skipped',
    milliseconds: Math.round(duration),
    errors: errors.map(({ message, stack }) => (stack?.includes(message) ? stack : `${message}\n${stack ?? ''}`)),
  };
}

/** The settings that vitest's runner reads. */
const config = {
  root: '',
  name: '',
  setupFiles: [],
  sequence: { shuffle: false, concurrent: false, seed: 0, hooks: 'stack', setupFiles: 'list' },
  maxConcurrency: 1,
  testTimeout: timeout,
  hookTimeout: timeout,
  retry: 0,
  repeats: 0,
  passWithNoTests: true,
  allowOnly: false,
  includeTaskLocation: false,
  tags: [],
  strictTags: true,
  snapshotOptions: { expand: false },
  expect: {},
} as unknown as SerializedConfig;

/** What vitest's modules expect to find in the realm where tests run: a worker of vitest puts it there. */
function provideState(): void {
  Object.defineProperty(globalThis, '__vitest_worker__', { value: { config, ctx: {} }, configurable: true });
}
