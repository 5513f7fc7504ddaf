// The plan cache: one plan for each structure, the least recently used dropped when there are very many.

import type { Capture } from './capture.ts';
import { chooseLevel } from './features.ts';
import { Plan } from './plan.ts';

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
  const plan = new Plan(captured, chooseLevel().level);
  plans.set(captured.key, plan);
  if (plans.size > mostPlans) dropOldest();
  return plan;
}

function dropOldest(): void {
  for (const [key, plan] of plans) {
    if (plan.isHeld) continue;
    plans.delete(key);
    plan.release();
    return;
  }
}

export function planCount(): number {
  return plans.size;
}

