// What the slots of a plan stand for, which the plan binds for each run.

import type { Dtype, Shape } from '@treadle/graph';
import type { Slot } from '@treadle/kernels';

/** What the address of a slot is at run time. */
export type Place =
  /** the value of the i-th source of the capture */
  | { readonly kind: 'source'; readonly source: number; readonly dtype: Dtype }
  /** the i-th output of a run */
  | { readonly kind: 'output'; readonly output: number }
  /** a number: so many times the rows of a run */
  | { readonly kind: 'rows'; readonly times: number }
  /** a variable, by the root that assigns it */
  | { readonly kind: 'target'; readonly root: number }
  /** where a kernel says what it refuses */
  | { readonly kind: 'record' }
  /** what lies so many bytes behind another slot, by the rows of a run */
  | { readonly kind: 'moved'; readonly of: Slot; by(rows: number): number }
  | { readonly kind: 'arena'; readonly bytes: number };

export interface Output {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** its axis of which there are as many elements as a run has rows, or a multiple of that */
  readonly raggedAxis: number | undefined;
}
