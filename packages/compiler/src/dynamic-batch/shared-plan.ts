// A plan that recordings of one function share, at different numbers of rows. The plan is made for the most rows so far. A recording of
// fewer rows runs it if their captures agree (see compare-captures.ts), and otherwise has a plan of its own. So sharing never changes
// a result, only how soon it is there.

import { show } from '@treadle/graph';
import type { Interruptible } from '../code/interruptible.ts';
import { optimize } from '../optimize/optimize.ts';
import type { Plan } from '../plan/plan.ts';
import { dynamicPlanInParts, keepFor, planInParts } from '../plan/plan-cache.ts';
import { type Capture, capture, type TopologicalOrder } from '../trace/capture.ts';
import type { PlanWithRows } from '../trace/record.ts';
import { compareCaptures, dynamicKey } from './compare-captures.ts';
import type { DynamicBatch } from './dynamic-batch.ts';

/** A function that is recorded at several numbers of rows. */
export interface DynamicFunction {
  /** Records the function at a number of rows. Throws what the function throws. */
  capture(rows: number): TopologicalOrder;
  /**
   * The rows to make a plan for when one for `rows` is needed: a whole number, no fewer (RangeError otherwise). Without it the first
   * number of rows has a plan of its own, and sharing begins with the second.
   */
  capacity?(rows: number): number;
}

/** The plan that is shared now. */
interface Shared {
  readonly batch: DynamicBatch;
  readonly plan: Plan;
}

/** The recordings of one function share it; see the head of this file. */
export class SharedPlan {
  readonly #f: DynamicFunction;
  #shared: Shared | undefined;
  /** the most rows of any call so far, or for which sharing was tried */
  #mostRows = 0;
  #cannotShare = false;
  #letGo: (() => void) | undefined;

  constructor(f: DynamicFunction) {
    this.#f = f;
  }

  /** Notes a call with so many rows that has a plan of its own. */
  note(rows: number): void {
    this.#mostRows = Math.max(this.#mostRows, rows);
  }

  /** The plan for a graph at so many rows. The fingerprint must be a copy that lasts. */
  *planFor(order: TopologicalOrder, rows: number): Interruptible<PlanWithRows> {
    const isFirst = this.#mostRows === 0 && !this.#f.capacity;
    if (isFirst) this.#mostRows = rows;
    else if (!this.#cannotShare && (rows > this.#mostRows || !this.#shared))
      yield* this.#widen(optimize(capture(order)), rows);
    const { batch, plan } = this.#shared ?? {};
    const isShared = batch && rows <= batch.rows && canRun(optimize(capture(order)), rows, batch);
    return plan && isShared ? { plan, rows } : { plan: yield* planInParts(order) };
  }

  /** bytes of the shared plan; 0 without one */
  get bytes(): number {
    return this.#shared?.plan.bytes ?? 0;
  }

  /** Lets go of the shared plan. Recordings that run it hold it themselves. */
  release(): void {
    this.#letGo?.();
  }

  /** Makes a plan for these rows or more, if it can be shared. A capture at another number of rows shows what depends on them. */
  *#widen(captured: Capture, rows: number): Interruptible<void> {
    const most = Math.max(this.#mostRows, this.#capacityFor(rows));
    this.#mostRows = most;
    if (rows < 2) return;
    const other = most > rows ? most : 2 * rows;
    yield;
    const otherCapture = this.#captureAt(other);
    yield;
    const large = most > rows ? otherCapture : captured;
    const batch = otherCapture && compareCaptures(captured, rows, otherCapture, other);
    if (!large || !batch) {
      this.#cannotShare = true;
      return;
    }
    const plan = yield* dynamicPlanInParts(large, { ...batch, rows: most });
    if (this.#shared && this.#shared.batch.rows >= most) return; // made meanwhile
    this.#shared = { batch: { ...batch, rows: most }, plan };
    this.#letGo?.();
    this.#letGo = keepFor(this, plan);
  }

  #capacityFor(rows: number): number {
    const capacity = this.#f.capacity ? this.#f.capacity(rows) : rows;
    if (Number.isSafeInteger(capacity) && capacity >= rows) return capacity;
    throw new RangeError(
      `compile: capacity(rows) must be a whole number ≥ rows; got ${show(capacity)} for ${rows} rows`,
    );
  }

  /** undefined where the function refuses so many rows. */
  #captureAt(rows: number): Capture | undefined {
    try {
      return optimize(capture(this.#f.capture(rows)));
    } catch {
      return undefined;
    }
  }
}

function canRun(captured: Capture, rows: number, batch: DynamicBatch): boolean {
  return captured.entries.length === batch.axes.length && dynamicKey(captured, rows, batch) === batch.key;
}
