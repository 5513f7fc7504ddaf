// Kernels by the descriptions of groups: groups that are described alike have the same kernels, over other slots.

import { type Kernel, type Level, type Location, overWindow, type Slot } from '@treadle/kernels';
import type { Place } from '../plan/places.ts';
import type { Rooms } from './lower-group.ts';

/** Kernels over the positions of a window, and what stands behind the group's own locations there. */
interface Pattern {
  readonly kernels: readonly Kernel[];
  /** by what their code is known */
  readonly codeKeys: readonly string[];
  readonly temporaries: readonly Place[];
}

/** Gives slots to temporary buffers, and tells whether one holds the same values whenever it is read. */
export interface Slots {
  newSlot(place: Place): Slot;
  lasts(slot: Slot): boolean;
}

export class Patterns {
  readonly #level: Level;
  readonly #known = new Map<string, Pattern>();
  /** temporary buffers, by what fills them */
  readonly #filled = new Map<string, Slot>();

  constructor(level: Level) {
    this.#level = level;
  }

  /**
   * The kernels that are known by the key, or are made now, at the locations of a group. What only fills a temporary buffer, by
   * code of its own from values that last (`lasts`), is done once for all that need it.
   */
  kernels(
    key: string,
    locations: readonly Location[],
    make: (rooms: Rooms) => readonly Kernel[],
    slots: Slots,
  ): readonly Kernel[] {
    let pattern = this.#known.get(key);
    if (!pattern) {
      pattern = makePattern(locations.length, make, `${this.#level.bits} ${this.#level.fma} ${key}`);
      this.#known.set(key, pattern);
    }
    const { kernels, codeKeys, temporaries } = pattern;
    if (temporaries.length === 0) return kernels.map((kernel, i) => overWindow(kernel, locations, codeKeys[i] ?? ''));
    return this.#withTemporaries(pattern, locations, slots);
  }

  #withTemporaries(pattern: Pattern, locations: readonly Location[], { newSlot, lasts }: Slots): readonly Kernel[] {
    const fillings = pattern.kernels.map((kernel) => fillingOf(kernel, pattern, locations, lasts));
    const known = new Map<Slot, Slot>();
    for (const filling of fillings) {
      const before = filling && this.#filled.get(filling.key);
      if (before !== undefined) known.set(filling?.position ?? -1, before);
    }
    const temporaries = pattern.temporaries.map((place, i) => ({
      slot: known.get(locations.length + i) ?? newSlot(place),
      byteOffset: 0,
    }));
    const window = [...locations, ...temporaries];
    return pattern.kernels.flatMap((kernel, i) => {
      const filling = fillings[i];
      if (filling && known.has(filling.position)) return [];
      const placed = overWindow(kernel, window, pattern.codeKeys[i] ?? '');
      const [slot] = placed.writes;
      if (filling && slot !== undefined) this.#filled.set(filling.key, slot);
      return [placed];
    });
  }
}

/** A kernel that fills one temporary buffer, at a position of the window, alone and from values that last. */
function fillingOf(
  { codeKey, reads, writes: [position = -1, ...others], window }: Kernel,
  { kernels }: Pattern,
  locations: readonly Location[],
  lasts: (slot: Slot) => boolean,
): { readonly position: Slot; readonly key: string } | undefined {
  if (codeKey === undefined || reads.length === 0 || others.length > 0 || position < locations.length) return undefined;
  if (kernels.filter(({ writes }) => writes.includes(position)).length > 1) return undefined;
  const from = reads.map((at) => locations[at]);
  if (!from.every((at) => at !== undefined && lasts(at.slot))) return undefined;
  const places = from.map((at) => `${at?.slot} ${at?.byteOffset}`);
  const words = (window ?? []).map((word) => (typeof word === 'number' ? word : `${word.slot} + ${word.byteOffset}`));
  return { position, key: `${codeKey}: ${reads} at ${places}; ${words}` };
}

/** `key`: what the code of kernels is known by that have no key of their own. */
function makePattern(locations: number, make: (rooms: Rooms) => readonly Kernel[], key: string): Pattern {
  const temporaries: Place[] = [];
  const room = (place: Place): Slot => locations + temporaries.push(place) - 1;
  const kernels = make({
    allocate: (length) => room({ kind: 'arena', bytes: 4 * length }),
    record: () => room({ kind: 'record' }),
  });
  return { kernels, codeKeys: kernels.map(({ codeKey }, i) => codeKey ?? `${i} ${key}`), temporaries };
}
