// A family of recordings: one function at different numbers of rows, which share a plan as far as that is sound. The plan is
// made for the most rows so far; a recording of fewer runs it when both captures agree (see ragged.ts), and otherwise has a
// plan of its own. So what is computed never depends on who shares; only how soon it begins.

import { show } from '@treadle/graph';
import type { Interruptible } from '../code/interruptible.ts';
import { optimized } from '../optimize/index.ts';
import type { Plan } from '../plan/plan.ts';
import { keepFor, planInParts, raggedPlanInParts } from '../plan/plan-cache.ts';
import type { Capture, Found } from '../trace/capture.ts';
import type { Planned } from '../trace/record.ts';
import { compareRagged, type Ragged, raggedKey } from './compare.ts';

/** A function that is recorded at several numbers of rows. */
export interface RaggedFunction {
  /** What it captures at so many; throws what the function throws. */
  capture(rows: number): Found;
  /**
   * For how many rows a plan is made when one for so many is needed: no fewer (RangeError otherwise). Without it a plan is
   * shared from the second number of rows on.
   */
  capacity?(rows: number): number;
}

interface Shared {
  readonly ragged: Ragged;
  readonly plan: Plan;
}

export class SharedPlan {
  readonly #f: RaggedFunction;
  #shared: Shared | undefined;
  /** the most rows that there were, or that a shared plan was looked for */
  #most = 0;
  #isHopeless = false;
  #letGo: (() => void) | undefined;

  constructor(f: RaggedFunction) {
    this.#f = f;
  }

  /** Notes that there was a call with so many rows, which has a plan of its own. */
  note(rows: number): void {
    this.#most = Math.max(this.#most, rows);
  }

  /** The plan for a capture, whose structure must last, at so many rows. */
  *planFor(found: Found, rows: number): Interruptible<Planned> {
    const isFirst = this.#most === 0 && !this.#f.capacity;
    if (isFirst) this.#most = rows;
    else if (!this.#isHopeless && (rows > this.#most || !this.#shared)) yield* this.#widen(optimized(found), rows);
    const { ragged, plan } = this.#shared ?? {};
    const isShared = ragged && rows <= ragged.rows && isAlike(optimized(found), rows, ragged);
    return plan && isShared ? { plan, rows } : { plan: yield* planInParts(found) };
  }

  /** bytes of the shared plan */
  get bytes(): number {
    return this.#shared?.plan.bytes ?? 0;
  }

  /** Lets go of the shared plan; recordings that run it hold it themselves. */
  release(): void {
    this.#letGo?.();
  }

  /** Makes a plan for these rows or more, if it can be shared: what varies with rows is seen at another number of them. */
  *#widen(captured: Capture, rows: number): Interruptible<void> {
    const most = Math.max(this.#most, this.#capacityFor(rows));
    this.#most = most;
    if (rows < 2) return;
    const other = most > rows ? most : 2 * rows;
    yield;
    const otherCapture = this.#captureAt(other);
    yield;
    const large = most > rows ? otherCapture : captured;
    const ragged = otherCapture && compareRagged(captured, rows, otherCapture, other);
    if (!large || !ragged) {
      this.#isHopeless = true;
      return;
    }
    const plan = yield* raggedPlanInParts(large, { ...ragged, rows: most });
    if (this.#shared && this.#shared.ragged.rows >= most) return; // made meanwhile
    this.#shared = { ragged: { ...ragged, rows: most }, plan };
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

  /** undefined where the function does not take so many rows. */
  #captureAt(rows: number): Capture | undefined {
    try {
      return optimized(this.#f.capture(rows));
    } catch {
      return undefined;
    }
  }
}

function isAlike(captured: Capture, rows: number, ragged: Ragged): boolean {
  return captured.entries.length === ragged.axes.length && raggedKey(captured, rows, ragged) === ragged.key;
}
