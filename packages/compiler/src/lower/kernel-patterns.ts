// Kernel patterns: groups with equal descriptions have the same kernels over different slots, so their kernels are made once.

import { type Kernel, type Level, type Location, overWindow, type Slot } from '@treadle/kernels';
import type { SlotSpec } from '../plan/slot-spec.ts';
import type { TemporarySlots } from './lower-group.ts';

/** Kernels over the positions of a window. The temporaries follow the group's own locations in it. */
interface Pattern {
  readonly kernels: readonly Kernel[];
  readonly temporaries: readonly SlotSpec[];
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
    { newSlot, isConstant }: { newSlot(spec: SlotSpec): Slot; isConstant(slot: Slot): boolean },
  ): readonly Kernel[] {
    const pattern = this.#known.get(key) ?? makePattern(locations.length, make);
    this.#known.set(key, pattern);
    const fills = pattern.kernels.map((kernel) => fillOf(kernel, pattern, locations, isConstant));
    const known = new Map<Slot, Slot>();
    for (const fill of fills) {
      const before = fill && this.#filled.get(fill.key);
      if (before !== undefined) known.set(fill?.position ?? -1, before);
    }
    const temporaries = pattern.temporaries.map((spec, i) => ({
      slot: known.get(locations.length + i) ?? newSlot(spec),
      byteOffset: 0,
    }));
    const window = [...locations, ...temporaries];
    const { bits, fma } = this.#level;
    return pattern.kernels.flatMap((kernel, i) => {
      const fill = fills[i];
      if (fill && known.has(fill.position)) return [];
      const { codeKey = `${bits} ${fma} ${i} ${key}` } = kernel;
      const placed = overWindow(kernel, window, codeKey);
      const [slot] = placed.writes;
      if (fill && slot !== undefined) this.#filled.set(fill.key, slot);
      return [placed];
    });
  }
}

/** For a kernel that fills one temporary buffer, as the only one and from constant values: the buffer's position, and a key. */
function fillOf(
  { codeKey, reads, writes: [position = -1, ...others], window }: Kernel,
  { kernels }: Pattern,
  locations: readonly Location[],
  isConstant: (slot: Slot) => boolean,
): { readonly position: Slot; readonly key: string } | undefined {
  if (codeKey === undefined || reads.length === 0 || others.length > 0 || position < locations.length) return undefined;
  if (kernels.filter(({ writes }) => writes.includes(position)).length > 1) return undefined;
  const from = reads.map((at) => locations[at]);
  if (!from.every((at) => at !== undefined && isConstant(at.slot))) return undefined;
  const positions = from.map((at) => `${at?.slot} ${at?.byteOffset}`);
  const words = (window ?? []).map((word) => (typeof word === 'number' ? word : `${word.slot} + ${word.byteOffset}`));
  return { position, key: `${codeKey}: ${reads} at ${positions}; ${words}` };
}

function makePattern(locations: number, make: (temporaries: TemporarySlots) => readonly Kernel[]): Pattern {
  const temporaries: SlotSpec[] = [];
  const newPosition = (spec: SlotSpec): Slot => locations + temporaries.push(spec) - 1;
  const kernels = make({
    allocate: (length) => newPosition({ kind: 'intermediate', bytes: 4 * length }),
    record: () => newPosition({ kind: 'refusal' }),
  });
  return { kernels, temporaries };
}
