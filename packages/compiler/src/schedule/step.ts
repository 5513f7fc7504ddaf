// The steps of a plan: kernels, and loops over phases of steps. A loop has slots of its own for what its steps read and write;
// where they lie at each round follows from slots of what is around it.

import type { Kernel, Location, Slot } from '@treadle/kernels';

/** What runs at the same time. */
export type Phase = readonly Step[];

export type Step = Kernel | LoopStep;

export interface LoopStep {
  readonly name: string;
  /** how many rounds, at most */
  readonly rounds: number;
  /** how many rounds for each row of a run, where they depend on that */
  readonly perRow: number | undefined;
  readonly phases: readonly Phase[];
  /** where each slot of its steps lies */
  readonly walks: ReadonlyMap<Slot, Walk>;
  /** slots around it */
  readonly reads: readonly Slot[];
  readonly writes: readonly Slot[];
  readonly alike?: undefined;
}

/** Where something lies in each round of a loop, by locations around it. */
export interface Walk {
  readonly first: Location;
  /** in round i ≥ 1: so many bytes times (i − 1) further, or with `alternates` times (i − 1) mod 2; without it, as in the first */
  readonly later?: { readonly from: Location; readonly stride: number; readonly alternates: boolean };
}

export function isLoop(step: Step): step is LoopStep {
  return 'rounds' in step;
}

/** A kernel, and how often it runs. */
export interface CountedKernel {
  readonly kernel: Kernel;
  readonly times: number;
}

/** All kernels, in the order in which steps are numbered. */
export function kernelsIn(phases: readonly Phase[]): readonly Kernel[] {
  return countedIn(phases).map(({ kernel }) => kernel);
}

/** The same, with how often each runs. */
export function countedIn(phases: readonly Phase[], times = 1): readonly CountedKernel[] {
  return phases.flatMap((phase) =>
    phase.flatMap((step) => (isLoop(step) ? countedIn(step.phases, times * step.rounds) : [{ kernel: step, times }])),
  );
}
