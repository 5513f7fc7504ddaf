// profile(f): how long each kernel of a function's plan takes, on each thread.

import { type ExplainedKernel, isRecording, type Profiling, profilePlan, valueOf } from '@treadle/compiler';
import { checkFunction, type OptionKinds, readOptions } from '@treadle/graph';
import { type Described, describeArguments } from '../compile/describe-arguments.ts';
import { type RecordedCall, recordCall } from '../compile/recorded-call.ts';
import { Recordings } from '../compile/recordings.ts';
import { type Column, printedAs, table } from '../print/table.ts';
import { showOps } from './explain.ts';

/** The part of one thread in a kernel. */
export interface ThreadShare {
  readonly ms: number;
  readonly tiles: number;
}

/** A kernel as explain tells of it, with what it took. */
export interface ProfiledKernel extends ExplainedKernel {
  /** from the first tile's begin to the last one's end */
  readonly ms: number;
  /** of the time that all threads worked */
  readonly share: number;
  /** one for each thread that the engine has; tiles are claimed as threads come, so it is another one in every run */
  readonly threads: readonly ThreadShare[];
  /** 10⁹ operations, and bytes read or written, a second */
  readonly gflops: number;
  readonly gbytes: number;
}

/** One run: plain data, which String and console.log show as a table. */
export interface Profile<R> {
  /** what the function returned */
  readonly result: R;
  /** from the first kernel's begin to the last one's end */
  readonly ms: number;
  /** in the order of the plan */
  readonly kernels: readonly ProfiledKernel[];
}

export interface ProfileOptions {
  /** how often a call runs the plan; it tells of the run that took the median time. 1 by default */
  readonly runs?: number;
}

/** The figures of all runs are kept until the median is known. */
const mostRuns = 1e6;

const profileOptions: OptionKinds<ProfileOptions> = { runs: 'number' };

/**
 * A function of the same arguments that calls f as `compile(f)` would, with all its effects, and measures it. The first run
 * of a plan is slower than those to come; a kernel takes about 0.1 µs more for being watched. Throws RangeError for runs
 * that are no whole number ≥ 1.
 */
export function profile<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: ProfileOptions = {},
): (...args: A) => Profile<R> {
  checkFunction('profile: f', f);
  const { runs = 1 } = readOptions('profile', options, profileOptions);
  if (runs > mostRuns) throw new RangeError(`profile: there may be ${mostRuns} runs at most; got ${runs}`);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new RangeError(`profile: runs must be a whole number ≥ 1; got ${runs}`);
  }
  const recordings = new Recordings<RecordedCall<Profiling, R>>(({ made }) => made);
  return (...args) => {
    if (isRecording()) throw new Error('profile: it must not be called while a function is recorded; got such a call');
    const described = describeArguments(args);
    let recorded = recordings.get(described.key);
    if (!recorded) {
      recorded = recordCall(f, args, described.tensors, profilePlan);
      recordings.add(described.key, recorded);
    }
    const run = recorded;
    const profiles = Array.from({ length: runs }, () => runOnce(run, described));
    const median = profiles.sort((a, b) => a.ms - b.ms)[runs >> 1];
    if (!median) throw new Error('internal: no run');
    return printedAs(median, show);
  };
}

function runOnce<R>({ made, rebuild }: RecordedCall<Profiling, R>, { tensors }: Described): Profile<R> {
  const { recording, kernels, log } = made;
  const nodes = tensors.map(({ node }) => node);
  const outputs = recording.run(nodes.map(valueOf));
  const threads = log();
  const stintsOf = (step: number) => threads.flatMap((stints) => stints[step] ?? []);
  const working = (step: number): number => stintsOf(step).reduce((sum, { began, ended }) => sum + ended - began, 0);
  const span = (stints: ReturnType<typeof stintsOf>): number => {
    const worked = stints.filter(({ tiles }) => tiles > 0);
    if (worked.length === 0) return 0;
    return Math.max(...worked.map(({ ended }) => ended)) - Math.min(...worked.map(({ began }) => began));
  };
  const total = kernels.reduce((sum, _, step) => sum + working(step), 0);
  return {
    result: rebuild(outputs, recording.lostBehind(nodes)),
    ms: span(threads.flat()) / 1e6,
    kernels: kernels.map((kernel, step): ProfiledKernel => {
      const ns = span(stintsOf(step));
      return {
        ...kernel,
        ms: ns / 1e6,
        share: working(step) / (total || 1),
        threads: stintsOf(step).map(({ began, ended, tiles }) => ({ ms: (ended - began) / 1e6, tiles })),
        gflops: kernel.flops / (ns || Infinity),
        gbytes: (kernel.bytesRead + kernel.bytesWritten) / (ns || Infinity),
      };
    }),
  };
}

function columnsFor(threads: number): readonly Column<ProfiledKernel>[] {
  const perThread = Array.from({ length: threads }, (_, i): Column<ProfiledKernel>[] => [
    { name: `thread ${i}`, cell: (kernel) => microseconds(kernel.threads[i]?.ms ?? 0) },
    { name: 'tiles', cell: (kernel) => `${kernel.threads[i]?.tiles ?? 0}` },
  ]);
  return [
    { name: 'phase', cell: ({ phase }) => `${phase + 1}` },
    { name: 'kernel', cell: ({ kind }) => kind, isText: true },
    { name: 'computes', cell: showOps, isText: true },
    { name: 'over', cell: ({ shape }) => shape.join('×') || '1', isText: true },
    { name: 'µs', cell: ({ ms }) => microseconds(ms) },
    { name: 'share', cell: ({ share }) => `${(100 * share).toFixed(1)} %` },
    ...perThread.flat(),
    { name: 'GFLOP/s', cell: ({ gflops }) => gflops.toFixed(1) },
    { name: 'GB/s', cell: ({ gbytes }) => gbytes.toFixed(1) },
  ];
}

function show({ ms, kernels }: Profile<unknown>): string {
  const threads = kernels[0]?.threads.length ?? 0;
  const working = kernels.flatMap((kernel) => kernel.threads).reduce((sum, thread) => sum + thread.ms, 0);
  const share = `${((100 * working) / (threads * ms || 1)).toFixed(0)} %`;
  return [
    table(columnsFor(threads), kernels),
    `${microseconds(ms)} µs; ${threads} thread${threads === 1 ? '' : 's'} worked ${share} of that`,
  ].join('\n');
}

function microseconds(ms: number): string {
  return (1000 * ms).toFixed(1);
}
