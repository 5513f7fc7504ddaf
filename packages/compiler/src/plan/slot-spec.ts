// Slot specifications: what each slot of a plan stands for. When a run is bound, the slot's address follows from it.

import type { Dtype, Shape } from '@treadle/graph';
import type { Slot } from '@treadle/kernels';

/** What a slot stands for. */
export type SlotSpec =
  /** the value of a source of the capture, by its number */
  | { readonly kind: 'source'; readonly source: number; readonly dtype: Dtype }
  /** an output of a run, by its number */
  | { readonly kind: 'output'; readonly output: number }
  /** an int32 in memory: `times` · the rows of the run */
  | { readonly kind: 'rowCount'; readonly times: number }
  /** a variable that is assigned and not read, by the root that assigns it */
  | { readonly kind: 'target'; readonly root: number }
  /** the record in which a kernel says what it refuses */
  | { readonly kind: 'refusal' }
  /** the address of another slot plus as many bytes as follow from the rows of the run */
  | { readonly kind: 'shifted'; readonly of: Slot; by(rows: number): number }
  /** a buffer in the plan's block */
  | { readonly kind: 'intermediate'; readonly bytes: number };

/** An output of a run. */
export interface Output {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** its dynamic axis: the extent is the rows of the run, or a multiple of them */
  readonly batchAxis: number | undefined;
}
