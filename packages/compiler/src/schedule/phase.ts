// What a schedule consists of: phases of kernels, and of loops over phases of their own. The kernels of a loop have slots of
// their own. The address of such a slot in each iteration follows from the slots of the plan around the loop.

import type { Kernel, Location, Slot } from '@treadle/kernels';

/** Kernels and loops that may run at the same time. All threads meet between phases. */
export type Phase = readonly KernelOrLoop[];

/** A unit of a schedule. */
export type KernelOrLoop = Kernel | KernelLoop;

/** A loop: its phases run once in each iteration. */
export interface KernelLoop {
  readonly name: string;
  /** how many iterations; where they depend on the rows of a run, the most */
  readonly iterations: number;
  /** iterations for each row of a run, where they depend on the rows */
  readonly perRow: number | undefined;
  readonly phases: readonly Phase[];
  /** the addresses of its kernels' slots */
  readonly addresses: ReadonlyMap<Slot, LoopAddress>;
  /** slots of the plan around it */
  readonly reads: readonly Slot[];
  /** slots of the plan around it */
  readonly writes: readonly Slot[];
  readonly multiTensor?: undefined;
}

/** The address of a slot in each iteration of a loop, by locations in the plan around it. */
export interface LoopAddress {
  /** in iteration 0 */
  readonly first: Location;
  /**
   * In iteration i ≥ 1: `from` + `stride` · (i − 1) bytes, or with `alternates` `from` + `stride` · ((i − 1) mod 2). Without it, the
   * address is the same in all iterations.
   */
  readonly later?: { readonly from: Location; readonly stride: number; readonly alternates: boolean };
}

/** Whether it is a loop. */
export function isLoop(one: KernelOrLoop): one is KernelLoop {
  return 'iterations' in one;
}

/** A kernel and how often it runs. */
export interface CountedKernel {
  readonly kernel: Kernel;
  readonly times: number;
}

/** All kernels, those of loops included, in the order in which they are numbered. */
export function kernelsIn(phases: readonly Phase[]): readonly Kernel[] {
  return countedIn(phases).map(({ kernel }) => kernel);
}

/** The same, with how often each runs. */
export function countedIn(phases: readonly Phase[], times = 1): readonly CountedKernel[] {
  return phases.flatMap((phase) =>
    phase.flatMap((one) => (isLoop(one) ? countedIn(one.phases, times * one.iterations) : [{ kernel: one, times }])),
  );
}
