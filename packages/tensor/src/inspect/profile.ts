// profile(f): the time of each kernel of a function's plan, on each thread.

import { type ExplainedKernel, isRecording, type Profiling, profilePlan, valueOf } from '@treadle/compiler';
import { checkFunction, type OptionKinds, readOptions } from '@treadle/graph';
import { type Described, describeArguments } from '../compile/describe-arguments.ts';
import { type RecordedCall, recordCall } from '../compile/recorded-call.ts';
import { Recordings } from '../compile/recordings.ts';
import { type Column, printedAs, table } from '../print/table.ts';
import { showOps } from './explain.ts';

/** The share of one thread in a kernel. */
export interface ThreadShare {
  /** time that the thread worked on the kernel, in milliseconds */
  readonly ms: number;
  /** number of tiles that the thread computed */
  readonly tiles: number;
}

/** A kernel as explain describes it, with its times. */
export interface ProfiledKernel extends ExplainedKernel {
  /** from the start of the first tile to the end of the last one, in milliseconds */
  readonly ms: number;
  /** share of the time that all threads worked: 0 … 1 */
  readonly share: number;
  /** for each thread of the engine; threads claim tiles as they become free, so shares differ from run to run */
  readonly threads: readonly ThreadShare[];
  /** speed in 10⁹ operations a second */
  readonly gflops: number;
  /** speed in 10⁹ bytes, read and written, a second */
  readonly gbytes: number;
}

/** One run: plain data. String and console.log show it as a table. */
export interface Profile<R> {
  /** the result of the function */
  readonly result: R;
  /** from the start of the first kernel to the end of the last one, in milliseconds */
  readonly ms: number;
  /** in the order of the plan */
  readonly kernels: readonly ProfiledKernel[];
}

/** Options of profile. */
export interface ProfileOptions {
  /** number of times that a call runs the plan; the profile is that of the run with the median time. 1 by default */
  readonly runs?: number;
}

/** The figures of all runs are kept until the median is known. */
const mostRuns = 1e6;

const profileOptions: OptionKinds<ProfileOptions> = { runs: 'number' };

/**
 * A function of the same arguments that runs f as `compile(f)` would, with all its effects, and measures each kernel. The first run
 * of a plan is slower than later ones; measuring costs about 0.1 µs a kernel.
 *
 * @throws RangeError for runs that are no whole number ≥ 1; when it is called, what `compile` throws.
 * @example
 * ```ts
 * import { ones, profile, type Tensor } from 'treadle';
 * const { result, kernels } = profile((x: Tensor) => x.mul(2).add(1))(ones([3]));
 * result; // → [3, 3, 3]
 * kernels.length; // → 1
 * ```
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
  const stintsOf = (kernel: number) => threads.flatMap((stints) => stints[kernel] ?? []);
  const working = (kernel: number): number =>
    stintsOf(kernel).reduce((sum, { began, ended }) => sum + ended - began, 0);
  const span = (stints: ReturnType<typeof stintsOf>): number => {
    const worked = stints.filter(({ tiles }) => tiles > 0);
    if (worked.length === 0) return 0;
    return Math.max(...worked.map(({ ended }) => ended)) - Math.min(...worked.map(({ began }) => began));
  };
  const total = kernels.reduce((sum, _, kernel) => sum + working(kernel), 0);
  return {
    result: rebuild(outputs, recording.lostBehind(nodes)),
    ms: span(threads.flat()) / 1e6,
    kernels: kernels.map((kernel, k): ProfiledKernel => {
      const ns = span(stintsOf(k));
      return {
        ...kernel,
        ms: ns / 1e6,
        share: working(k) / (total || 1),
        threads: stintsOf(k).map(({ began, ended, tiles }) => ({ ms: (ended - began) / 1e6, tiles })),
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
