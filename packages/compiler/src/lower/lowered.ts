// What lowering makes of the groups of a plan, or of a loop's body.

import type { Output, SlotSpec } from '../plan/slot-spec.ts';
import type { KernelOrLoop } from '../schedule/phase.ts';
import type { EntryLocations } from './entry-locations.ts';

/** The kernels and loops of a plan, and the meaning of their slots. */
export interface Lowered {
  /** in an order in which they may run */
  readonly kernels: readonly KernelOrLoop[];
  /** by slot: what it stands for */
  readonly slots: readonly SlotSpec[];
  /** where entries lie */
  readonly locations: EntryLocations;
  readonly outputs: readonly Output[];
  /** by root: its output; undefined for one that assigns a variable */
  readonly outputOf: readonly (number | undefined)[];
}
