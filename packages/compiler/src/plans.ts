// The plan cache: one plan for each structure. Of plans that nothing holds, the least recently used is dropped when there are
// very many; a recording holds its plan for as long as it lives, a run for as long as it is under way.

import type { Capture } from './capture.ts';
import { chooseLevel } from './features.ts';
import { draft, Plan } from './plan.ts';

const mostPlans = 1024;
const plans = new Map<string, Plan>();

export function planFor(captured: Capture): Plan {
  const known = plans.get(captured.key);
  if (known) {
    // to the end of the line
    plans.delete(captured.key);
    plans.set(captured.key, known);
    return known;
  }
  const plan = new Plan(draft(captured, chooseLevel().level));
  plans.set(captured.key, plan);
  dropOldest(plan);
  return plan;
}

/** The newest is about to be run, and stays. */
function dropOldest(newest: Plan): void {
  if (plans.size <= mostPlans) return;
  const free = [...plans].filter(([, plan]) => !plan.isHeld && plan !== newest);
  for (const [key, plan] of free.slice(0, Math.max(0, free.length - mostPlans))) {
    plans.delete(key);
    plan.release();
  }
}

export function planCount(): number {
  return plans.size;
}
