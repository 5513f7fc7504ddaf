// The plan cache: one plan for each structure. Of plans that nothing holds, the least recently used are dropped when they are
// very many, or take much memory; a recording holds its plan until it is released or forgotten, a run while it is under way.

import { chooseLevel } from '../code/instruction-level.ts';
import { type Interruptible, runToEnd } from '../code/interruptible.ts';
import type { Ragged } from '../dynamic-batch/compare.ts';
import { optimized } from '../optimize/index.ts';
import { type Draft, draftInParts } from '../schedule/draft.ts';
import type { Capture, Found } from '../trace/capture.ts';
import { type Fingerprint, keepStructure, namedStructure, sameFingerprint } from '../trace/fingerprint.ts';
import { Plan } from './plan.ts';

/** Limits for the plans that nothing holds. */
const mostPlans = 1024;
const mostBytes = 256 * 2 ** 20;
/** So many are kept whatever memory they take: a loop may run a few large ones in turn. */
const leastPlans = 8;

interface Kept {
  readonly structure: Fingerprint;
  readonly plan: Plan;
  lastUse: number;
}

/** by hash */
const plans = new Map<number, Kept[]>();
let count = 0;
/** bytes of all plans */
let bytes = 0;
let uses = 0;

export function planFor(found: Found): Plan {
  return keptPlan(found.structure) ?? runToEnd(planInParts(found));
}

/** The same in parts; the structure must last. */
export function* planInParts(found: Found): Interruptible<Plan> {
  const known = keptPlan(found.structure);
  if (known) return known;
  const structure = keepStructure(found.structure);
  const captured = optimized(found);
  yield;
  return yield* newPlan(structure, draftInParts(captured, chooseLevel().level));
}

/** A plan that fewer rows can run, too. */
export function* raggedPlanInParts(captured: Capture, ragged: Ragged): Interruptible<Plan> {
  const structure = namedStructure(`${ragged.rows} rows or fewer\n${ragged.key}`);
  return keptPlan(structure) ?? (yield* newPlan(structure, draftInParts(captured, chooseLevel().level, ragged)));
}

function keptPlan(structure: Fingerprint): Plan | undefined {
  const kept = plans.get(structure.hash)?.find((each) => sameFingerprint(each.structure, structure));
  if (kept) kept.lastUse = ++uses;
  return kept?.plan;
}

function* newPlan(structure: Fingerprint, drafting: Interruptible<Draft>): Interruptible<Plan> {
  const drafted = yield* drafting;
  const meanwhile = keptPlan(structure);
  if (meanwhile) return meanwhile;
  const plan = new Plan(drafted);
  const kept = { structure, plan, lastUse: ++uses };
  const alike = plans.get(structure.hash);
  if (alike) alike.push(kept);
  else plans.set(structure.hash, [kept]);
  count++;
  bytes += plan.bytes;
  if (count > mostPlans || bytes > mostBytes) dropOldest(kept);
  return plan;
}

/** Plans of owners that the program forgot may be dropped. */
const forgotten = new FinalizationRegistry<Plan>((plan) => plan.letGo());

/** Keeps the plan for as long as the owner lives, or until what is returned is called (once). */
export function keepFor(owner: object, plan: Plan): () => void {
  plan.hold();
  const hold = {}; // an owner may hold several plans
  forgotten.register(owner, plan, hold);
  return () => {
    if (forgotten.unregister(hold)) plan.letGo();
  };
}

/** The newest is about to be run, and stays. */
function dropOldest(newest: Kept): void {
  const free = [...plans.values()].flat().filter((kept) => !kept.plan.isHeld && kept !== newest);
  free.sort((a, b) => b.lastUse - a.lastUse);
  let freeBytes = 0;
  free.forEach((kept, i) => {
    freeBytes += kept.plan.bytes;
    if (i >= mostPlans || (i >= leastPlans && freeBytes > mostBytes)) drop(kept);
  });
}

function drop({ structure, plan }: Kept): void {
  const others = (plans.get(structure.hash) ?? []).filter((kept) => kept.plan !== plan);
  if (others.length > 0) plans.set(structure.hash, others);
  else plans.delete(structure.hash);
  count--;
  bytes -= plan.bytes;
  plan.release();
}

export function planCount(): number {
  return count;
}
