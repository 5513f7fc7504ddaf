// A cache of the recordings of one function, by the text that describes its arguments. A program may call with ever new arguments, so
// the least recently used recordings are dropped: for one function beyond a number, an amount of text, or an amount of memory of
// plans; for all functions of the process beyond a number. The cache does not know what a recording is.

/** limits for one function: recordings, and characters of the texts that describe arguments (arrays of numbers are part of them) */
const mostOfOne = 256;
const mostCharacters = 2 ** 22;
/** limit for the plans of one function in bytes; but so many recordings are always kept, because a few large ones may alternate */
const mostBytes = 256 * 2 ** 20;
const leastOfOne = 8;
/** limit for the recordings of all functions */
const mostOfAll = 2048;

interface Entry<T> {
  readonly value: T;
  lastUse: number;
}

interface Count {
  entries: number;
}

interface Cache {
  /** when the least recently used entry was used */
  readonly oldestUse: number;
  dropOldest(): void;
}

let uses = 0;
const all: Count = { entries: 0 };
/** all caches; weak references, so that the list keeps none of them alive */
const caches = new Set<WeakRef<Cache>>();
const forgotten = new FinalizationRegistry<{ readonly count: Count; readonly cache: WeakRef<Cache> }>(
  ({ count, cache }) => {
    all.entries -= count.entries;
    caches.delete(cache);
  },
);

/** The part of an entry that holds resources. */
export interface Droppable {
  /** bytes of the plan that it holds */
  readonly bytes: number;
  /** Releases the plan; it must not be used again. */
  release(): void;
}

export class Recordings<T> implements Cache {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #count: Count = { entries: 0 };
  readonly #planOf: (value: T) => Droppable;
  #characters = 0;

  /** `planOf` gives the part of an entry that is released when the entry is dropped. */
  constructor(planOf: (value: T) => Droppable) {
    this.#planOf = planOf;
    const cache: WeakRef<Cache> = new WeakRef(this);
    caches.add(cache);
    forgotten.register(this, { count: this.#count, cache });
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    entry.lastUse = ++uses;
    return entry.value;
  }

  /** Adds an entry, and drops others beyond the limits. The newest entry stays, however large it is. */
  add(key: string, value: T): void {
    this.#entries.set(key, { value, lastUse: ++uses });
    this.#characters += key.length;
    this.#count.entries++;
    all.entries++;
    while (this.#areTooMany()) this.dropOldest();
    while (all.entries > mostOfAll) {
      const oldest = oldestCache();
      if (!oldest) break;
      oldest.dropOldest();
    }
  }

  #areTooMany(): boolean {
    const { size } = this.#entries;
    if (size > mostOfOne || (size > 1 && this.#characters > mostCharacters)) return true;
    if (size <= leastOfOne) return false;
    let bytes = 0;
    for (const { value } of this.#entries.values()) bytes += this.#planOf(value).bytes;
    return bytes > mostBytes;
  }

  get oldestUse(): number {
    return this.#oldest()?.[1].lastUse ?? Number.POSITIVE_INFINITY;
  }

  dropOldest(): void {
    const oldest = this.#oldest();
    if (!oldest) return;
    const [key, { value }] = oldest;
    this.#entries.delete(key);
    this.#characters -= key.length;
    this.#count.entries--;
    all.entries--;
    this.#planOf(value).release();
  }

  #oldest(): [string, Entry<T>] | undefined {
    let oldest: [string, Entry<T>] | undefined;
    for (const entry of this.#entries) if (!oldest || entry[1].lastUse < oldest[1].lastUse) oldest = entry;
    return oldest;
  }
}

function oldestCache(): Cache | undefined {
  let oldest: Cache | undefined;
  for (const reference of caches) {
    const cache = reference.deref();
    if (cache && cache.oldestUse < (oldest?.oldestUse ?? Number.POSITIVE_INFINITY)) oldest = cache;
  }
  return oldest;
}
