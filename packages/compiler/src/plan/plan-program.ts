// The phases of a plan in the form that the worker pool runs, and the refusals of their kernels.

import type { Refusal, Slot } from '@treadle/kernels';
import type { Code, Program, Work } from '@treadle/runtime';
import { isLoop, kernelsIn, type Phase } from '../schedule/phase.ts';

/**
 * The program of some phases.
 *
 * @param threadBytes bytes of each thread's memory that the address lists of loops take
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
    kernelCount: kernels.length,
    names: kernels.map(({ name }) => name),
    scratchBytes: threadBytes + kernels.reduce((most, { scratch }) => Math.max(most, scratch), 0),
    work: workOf(phases, 1),
    isWatched,
  };
}

/** The work of each phase; after it, that of the phases of each loop in it. */
function workOf(phases: readonly Phase[], times: number): Work {
  return phases.flatMap((phase) => [
    phase.flatMap((one) => (isLoop(one) ? [] : [{ tiles: one.tiles, cost: one.cost, times }])),
    ...phase.flatMap((one) => (isLoop(one) ? workOf(one.phases, times * one.iterations) : [])),
  ]);
}

/** The refusals of all kernels, with the slots of their records in the plan. The records of kernels in loops lie outside the loop. */
export function refusalsIn(phases: readonly Phase[], slotOf = (slot: Slot): Slot => slot): readonly Refusal[] {
  return phases.flat().flatMap((one) => {
    if (!isLoop(one)) return one.refusal ? [{ ...one.refusal, slot: slotOf(one.refusal.slot) }] : [];
    return refusalsIn(one.phases, (slot) => slotOf(one.addresses.get(slot)?.first.slot ?? missing()));
  });
}

function missing(): never {
  throw new Error('internal: a refusal record of a loop without an address');
}
