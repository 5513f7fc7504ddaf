// The plan cache: one plan for each fingerprint. A recording holds its plan until it is released or forgotten, and a run while it is under
// way. When there are too many plans, or they take too much memory, the least recently used ones that nothing holds are dropped.

import { chooseLevel } from '../code/instruction-level.ts';
import { type Interruptible, runToEnd } from '../code/interruptible.ts';
import type { DynamicBatch } from '../dynamic-batch/dynamic-batch.ts';
import { optimize } from '../optimize/optimize.ts';
import { type Draft, draftInParts } from '../schedule/draft.ts';
import { type Capture, capture, type TopologicalOrder } from '../trace/capture.ts';
import { copyFingerprint, type Fingerprint, namedFingerprint, sameFingerprint } from '../trace/fingerprint.ts';
import { Plan } from './plan.ts';

/** Limits for the plans that nothing holds. */
const mostPlans = 1024;
const mostBytes = 256 * 2 ** 20;
/** So many are kept whatever memory they take: a program may alternate between a few large ones. */
const leastPlans = 8;

interface CachedPlan {
  readonly fingerprint: Fingerprint;
  readonly plan: Plan;
  lastUse: number;
}

/** by hash of the fingerprint */
const plans = new Map<number, CachedPlan[]>();
let count = 0;
/** bytes of all plans */
let bytes = 0;
let uses = 0;

/** The plan for a graph, from the cache or made now. */
export function planFor(order: TopologicalOrder): Plan {
  return cachedPlan(order.fingerprint) ?? runToEnd(planInParts(order));
}

/** The same, interruptibly. The fingerprint must be a copy that lasts. */
export function* planInParts(order: TopologicalOrder): Interruptible<Plan> {
  const existing = cachedPlan(order.fingerprint);
  if (existing) return existing;
  const fingerprint = copyFingerprint(order.fingerprint);
  const optimized = optimize(capture(order));
  yield;
  return yield* newPlan(fingerprint, draftInParts(optimized, chooseLevel().level));
}

/** A plan with a dynamic batch of at most `batch.rows` rows, interruptibly. */
export function* dynamicPlanInParts(optimized: Capture, batch: DynamicBatch): Interruptible<Plan> {
  const fingerprint = namedFingerprint(`${batch.rows} rows or fewer\n${batch.key}`);
  return cachedPlan(fingerprint) ?? (yield* newPlan(fingerprint, draftInParts(optimized, chooseLevel().level, batch)));
}

function cachedPlan(fingerprint: Fingerprint): Plan | undefined {
  const cached = plans.get(fingerprint.hash)?.find((each) => sameFingerprint(each.fingerprint, fingerprint));
  if (cached) cached.lastUse = ++uses;
  return cached?.plan;
}

function* newPlan(fingerprint: Fingerprint, drafting: Interruptible<Draft>): Interruptible<Plan> {
  const drafted = yield* drafting;
  const meanwhile = cachedPlan(fingerprint);
  if (meanwhile) return meanwhile;
  const plan = new Plan(drafted);
  const cached = { fingerprint, plan, lastUse: ++uses };
  const sameHash = plans.get(fingerprint.hash);
  if (sameHash) sameHash.push(cached);
  else plans.set(fingerprint.hash, [cached]);
  count++;
  bytes += plan.bytes;
  if (count > mostPlans || bytes > mostBytes) dropOldest(cached);
  return plan;
}

/** Lets go of the plans of owners that the program has forgotten. */
const forgotten = new FinalizationRegistry<Plan>((plan) => plan.letGo());

/** Holds the plan until the owner is forgotten, or the returned function is called (once). */
export function keepFor(owner: object, plan: Plan): () => void {
  plan.hold();
  const hold = {}; // an owner may hold several plans
  forgotten.register(owner, plan, hold);
  return () => {
    if (forgotten.unregister(hold)) plan.letGo();
  };
}

/** The newest plan stays, because it is about to run. */
function dropOldest(newest: CachedPlan): void {
  const free = [...plans.values()].flat().filter((cached) => !cached.plan.isHeld && cached !== newest);
  free.sort((a, b) => b.lastUse - a.lastUse);
  let freeBytes = 0;
  free.forEach((cached, i) => {
    freeBytes += cached.plan.bytes;
    if (i >= mostPlans || (i >= leastPlans && freeBytes > mostBytes)) drop(cached);
  });
}

function drop({ fingerprint, plan }: CachedPlan): void {
  const others = (plans.get(fingerprint.hash) ?? []).filter((cached) => cached.plan !== plan);
  if (others.length > 0) plans.set(fingerprint.hash, others);
  else plans.delete(fingerprint.hash);
  count--;
  bytes -= plan.bytes;
  plan.release();
}

/** The number of plans in the cache. */
export function planCount(): number {
  return count;
}
