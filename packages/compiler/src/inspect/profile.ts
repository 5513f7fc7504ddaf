// Profiling: a recording has a plan of its own, whose threads note when they work at which kernel. It computes the same as the ordinary
// plan; each thread reads the clock before and after its tiles of a kernel.

import type { KernelSpan } from '@treadle/runtime';
import { chooseLevel } from '../code/instruction-level.ts';
import { optimize } from '../optimize/optimize.ts';
import { Plan } from '../plan/plan.ts';
import { draft } from '../schedule/draft.ts';
import { capture } from '../trace/capture.ts';
import { type ArgumentType, type Recorded, type Recording, record } from '../trace/record.ts';
import { type ExplainedKernel, figuresOf } from './explain.ts';

/** A recording that is profiled. */
export interface Profiling {
  readonly recording: Recording;
  readonly kernels: readonly ExplainedKernel[];
  /** by thread and kernel: when the thread worked at it in the latest run */
  log(): readonly (readonly KernelSpan[])[];
  /** bytes of the plan */
  readonly bytes: number;
  /** Frees the plan's memory. The recording must not be run again. */
  release(): void;
}

const forgotten = new FinalizationRegistry<Plan>((plan) => plan.release());

/** Records `f` as `record` does. After a `recording.run`, `log` tells of it. */
export function profilePlan(types: readonly ArgumentType[], f: Recorded): Profiling {
  const latest: { log: readonly (readonly KernelSpan[])[] } = { log: [] };
  let made: { readonly plan: Plan; readonly kernels: readonly ExplainedKernel[] } | undefined;
  const recording = record(types, f, function* (order) {
    const optimized = optimize(capture(order));
    const drafted = draft(optimized, chooseLevel().level);
    const plan = new Plan(drafted, (log) => {
      latest.log = log;
    });
    made = { plan, kernels: figuresOf(optimized, drafted).kernels };
    return { plan };
  });
  if (!made) throw new Error('internal: a recording has a plan');
  const { plan, kernels } = made;
  forgotten.register(recording, plan, plan);
  const release = (): void => {
    if (forgotten.unregister(plan)) plan.release();
  };
  return { recording, kernels, log: () => latest.log, bytes: plan.bytes, release };
}
