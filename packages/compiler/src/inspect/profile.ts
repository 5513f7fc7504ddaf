// Runs that are measured: a plan of its own whose threads write down when they work at what. It computes what the ordinary
// plan computes, with a look at the clock before and after each thread's part of a kernel.

import type { Stint } from '@treadle/runtime';
import { chooseLevel } from '../code/instruction-level.ts';
import { optimize } from '../optimize/optimize.ts';
import { Plan } from '../plan/plan.ts';
import { draft } from '../schedule/draft.ts';
import { capture } from '../trace/capture.ts';
import { type ArgumentType, type Recorded, type Recording, record } from '../trace/record.ts';
import { type ExplainedKernel, figuresOf } from './explain.ts';

export interface Profiling {
  readonly recording: Recording;
  readonly kernels: readonly ExplainedKernel[];
  /** for each thread, what it did at each kernel in the latest run */
  log(): readonly (readonly Stint[])[];
  /** of the plan */
  readonly bytes: number;
  /** Gives back the plan's memory; the recording must not be run again. */
  release(): void;
}

const forgotten = new FinalizationRegistry<Plan>((plan) => plan.release());

/** Records `f` as `record` does, to be run by `recording.run` and looked at afterwards. */
export function profilePlan(types: readonly ArgumentType[], f: Recorded): Profiling {
  const latest: { log: readonly (readonly Stint[])[] } = { log: [] };
  let made: { readonly plan: Plan; readonly kernels: readonly ExplainedKernel[] } | undefined;
  const recording = record(types, f, function* (found) {
    const captured = optimize(capture(found));
    const drafted = draft(captured, chooseLevel().level);
    const plan = new Plan(drafted, (log) => {
      latest.log = log;
    });
    made = { plan, kernels: figuresOf(captured, drafted).kernels };
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
