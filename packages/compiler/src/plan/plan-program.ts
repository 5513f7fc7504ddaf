// The phases of a plan in the form that the worker pool runs, and the refusals of their kernels.

import type { Refusal, Slot } from '@treadle/kernels';
import type { Code, Program, Work } from '@treadle/runtime';
import { isLoop, kernelsIn, type Phase } from '../schedule/step.ts';

/**
 * The program of some phases.
 *
 * @param threadBytes bytes of each thread's memory that the windows of loops take
 * @param codeOf called when the program is first run
 */
export function programOf(
  phases: readonly Phase[],
  threadBytes: number,
  codeOf: () => Code,
  isWatched: boolean,
): Program {
  const kernels = kernelsIn(phases);
  return {
    get module() {
      return codeOf();
    },
    steps: kernels.length,
    names: kernels.map(({ name }) => name),
    scratchBytes: threadBytes + kernels.reduce((most, { scratch }) => Math.max(most, scratch), 0),
    work: workOf(phases, 1),
    isWatched,
  };
}

/** The work of each phase; after it, that of the phases of each loop in it. */
function workOf(phases: readonly Phase[], times: number): Work {
  return phases.flatMap((phase) => [
    phase.flatMap((step) => (isLoop(step) ? [] : [{ tiles: step.tiles, cost: step.cost, times }])),
    ...phase.flatMap((step) => (isLoop(step) ? workOf(step.phases, times * step.iterations) : [])),
  ]);
}

/** The refusals of all kernels, with the slots of their records in the plan. The records of kernels in loops lie outside the loop. */
export function refusalsIn(phases: readonly Phase[], slotOf = (slot: Slot): Slot => slot): readonly Refusal[] {
  return phases.flat().flatMap((step) => {
    if (!isLoop(step)) return step.refusal ? [{ ...step.refusal, slot: slotOf(step.refusal.slot) }] : [];
    return refusalsIn(step.phases, (slot) => slotOf(step.addresses.get(slot)?.first.slot ?? missing()));
  });
}

function missing(): never {
  throw new Error('internal: a refusal record of a loop without an address');
}
