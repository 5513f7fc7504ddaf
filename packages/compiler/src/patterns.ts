// Kernels by the descriptions of groups: groups that are described alike have the same kernels, over other slots.

import { type Kernel, type Level, type Location, overWindow, type Slot } from '@treadle/kernels';
import type { Rooms } from './lower-group.ts';
import type { Place } from './places.ts';

/** Kernels over the positions of a window, and what stands behind the group's own locations there. */
interface Pattern {
  readonly kernels: readonly Kernel[];
  readonly temporaries: readonly Place[];
}

export class Patterns {
  readonly #level: Level;
  readonly #known = new Map<string, Pattern>();

  constructor(level: Level) {
    this.#level = level;
  }

  /** The kernels that are known by the key, or are made now, at the locations of a group. */
  kernels(
    key: string,
    locations: readonly Location[],
    make: (rooms: Rooms) => readonly Kernel[],
    newSlot: (place: Place) => Slot,
  ): readonly Kernel[] {
    const pattern = this.#known.get(key) ?? makePattern(locations.length, make);
    this.#known.set(key, pattern);
    const temporaries = pattern.temporaries.map((place) => ({ slot: newSlot(place), byteOffset: 0 }));
    const window = [...locations, ...temporaries];
    const { bits, fma } = this.#level;
    return pattern.kernels.map((kernel, i) => {
      const { codeKey = `${bits} ${fma} ${i} ${key}` } = kernel;
      return overWindow(kernel, window, codeKey);
    });
  }
}

function makePattern(locations: number, make: (rooms: Rooms) => readonly Kernel[]): Pattern {
  const temporaries: Place[] = [];
  const room = (place: Place): Slot => locations + temporaries.push(place) - 1;
  const kernels = make({
    allocate: (length) => room({ kind: 'arena', bytes: 4 * length }),
    record: () => room({ kind: 'record' }),
  });
  return { kernels, temporaries };
}
