// Kernel patterns: groups with equal descriptions have the same kernels over different slots, so their kernels are made once.

import { type Kernel, type Level, type Location, type Slot, withAddresses } from '@treadle/kernels';
import type { SlotSpec } from '../plan/slot-spec.ts';
import type { TemporarySlots } from './lower-group.ts';

/** Kernels over the positions of an address list. The temporaries follow the group's own locations in it. */
interface Pattern {
  readonly kernels: readonly Kernel[];
  /** by kernel: the key of its code */
  readonly codeKeys: readonly string[];
  readonly temporaries: readonly SlotSpec[];
}

/** The slots that a plan has so far. */
interface PlanSlots {
  newSlot(spec: SlotSpec): Slot;
  /** whether a slot has the same values whenever it is read */
  isConstant(slot: Slot): boolean;
}

/** The patterns of one plan. */
export class KernelPatterns {
  readonly #level: Level;
  readonly #known = new Map<string, Pattern>();
  /** temporary buffers, by the kernel that fills them and what it reads */
  readonly #filled = new Map<string, Slot>();

  constructor(level: Level) {
    this.#level = level;
  }

  /**
   * The kernels with this key, which are known or made now, at the locations of a group. A kernel that only fills a temporary buffer
   * from constant values, such as the packing of a product's operand, runs once for all groups that need the buffer.
   */
  kernels(
    key: string,
    locations: readonly Location[],
    make: (temporaries: TemporarySlots) => readonly Kernel[],
    slots: PlanSlots,
  ): readonly Kernel[] {
    let pattern = this.#known.get(key);
    if (!pattern) {
      pattern = makePattern(locations.length, make, `${this.#level.bits} ${this.#level.fma} ${key}`);
      this.#known.set(key, pattern);
    }
    const { kernels, codeKeys, temporaries } = pattern;
    if (temporaries.length === 0)
      return kernels.map((kernel, i) => withAddresses(kernel, locations, codeKeys[i] ?? ''));
    return this.#withTemporaries(pattern, locations, slots);
  }

  #withTemporaries(pattern: Pattern, locations: readonly Location[], slots: PlanSlots): readonly Kernel[] {
    const fills = pattern.kernels.map((kernel) => fillOf(kernel, pattern, locations, slots));
    const known = new Map<Slot, Slot>();
    for (const fill of fills) {
      const before = fill && this.#filled.get(fill.key);
      if (before !== undefined) known.set(fill?.position ?? -1, before);
    }
    const temporaries = pattern.temporaries.map((spec, i) => ({
      slot: known.get(locations.length + i) ?? slots.newSlot(spec),
      byteOffset: 0,
    }));
    const addressList = [...locations, ...temporaries];
    return pattern.kernels.flatMap((kernel, i) => {
      const fill = fills[i];
      if (fill && known.has(fill.position)) return [];
      const placed = withAddresses(kernel, addressList, pattern.codeKeys[i] ?? '');
      const [slot] = placed.writes;
      if (fill && slot !== undefined) this.#filled.set(fill.key, slot);
      return [placed];
    });
  }
}

/** For a kernel that fills one temporary buffer, as the only one and from constant values: the buffer's position, and a key. */
function fillOf(
  { codeKey, reads, writes: [position = -1, ...others], addressList }: Kernel,
  { kernels }: Pattern,
  locations: readonly Location[],
  slots: PlanSlots,
): { readonly position: Slot; readonly key: string } | undefined {
  if (codeKey === undefined || reads.length === 0 || others.length > 0 || position < locations.length) return undefined;
  if (kernels.filter(({ writes }) => writes.includes(position)).length > 1) return undefined;
  const from = reads.map((at) => locations[at]);
  if (!from.every((at) => at !== undefined && slots.isConstant(at.slot))) return undefined;
  const positions = from.map((at) => `${at?.slot} ${at?.byteOffset}`);
  const words = (addressList ?? []).map((word) =>
    typeof word === 'number' ? word : `${word.slot} + ${word.byteOffset}`,
  );
  return { position, key: `${codeKey}: ${reads} at ${positions}; ${words}` };
}

/** `key`: of the code of kernels that have no key of their own. */
function makePattern(
  locations: number,
  make: (temporaries: TemporarySlots) => readonly Kernel[],
  key: string,
): Pattern {
  const temporaries: SlotSpec[] = [];
  const newPosition = (spec: SlotSpec): Slot => locations + temporaries.push(spec) - 1;
  const kernels = make({
    allocate: (length) => newPosition({ kind: 'intermediate', bytes: 4 * length }),
    record: () => newPosition({ kind: 'refusal' }),
  });
  return { kernels, codeKeys: kernels.map(({ codeKey }, i) => codeKey ?? `${i} ${key}`), temporaries };
}
