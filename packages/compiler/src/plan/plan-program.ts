// What the phases of a plan are to others: a program that a team runs, and what its kernels may refuse.

import type { Refusal, Slot } from '@treadle/kernels';
import type { Code, Program, Work } from '@treadle/runtime';
import { isLoop, kernelsIn, type Phase } from '../schedule/step.ts';

/** `ownBytes`: what the windows of loops take of each thread's memory. `codeOf` is called when the program is first run. */
export function programOf(phases: readonly Phase[], ownBytes: number, codeOf: () => Code, isWatched: boolean): Program {
  const kernels = kernelsIn(phases);
  return {
    get module() {
      return codeOf();
    },
    steps: kernels.length,
    names: kernels.map(({ name }) => name),
    scratchBytes: ownBytes + kernels.reduce((most, { scratch }) => Math.max(most, scratch), 0),
    work: workOf(phases, 1),
    isWatched,
  };
}

/** A phase, then those of each loop in it. */
function workOf(phases: readonly Phase[], times: number): Work {
  return phases.flatMap((phase) => [
    phase.flatMap((step) => (isLoop(step) ? [] : [{ tiles: step.tiles, cost: step.cost, times }])),
    ...phase.flatMap((step) => (isLoop(step) ? workOf(step.phases, times * step.rounds) : [])),
  ]);
}

/** What kernels may refuse, with the slots of their records: those of loops lie where the loop says. */
export function refusalsIn(phases: readonly Phase[], slotOf = (slot: Slot): Slot => slot): readonly Refusal[] {
  return phases.flat().flatMap((step) => {
    if (!isLoop(step)) return step.refusal ? [{ ...step.refusal, slot: slotOf(step.refusal.slot) }] : [];
    return refusalsIn(step.phases, (slot) => slotOf(step.walks.get(slot)?.first.slot ?? missing()));
  });
}

function missing(): never {
  throw new Error('internal: a record of a loop lies nowhere');
}
