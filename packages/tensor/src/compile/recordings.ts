// What a compiled function has recorded, by the text that describes its arguments. There may be no end of different arguments, so
// the least recently used recordings are dropped: of one function beyond a number, an amount of text, and the memory of plans; of
// all functions in the process beyond a number. It does not know what a recording is.

/** Limits of one function: recordings, and characters of what describes their arguments, arrays of numbers among these. */
const mostOfOne = 256;
const mostCharacters = 2 ** 22;
/** Bytes of the plans of one function, and how many recordings are kept whatever their plans take: some large ones may take turns. */
const mostBytes = 256 * 2 ** 20;
const leastOfOne = 8;
/** Recordings of all functions that are still there. */
const mostOfAll = 2048;

interface Entry<T> {
  readonly value: T;
  lastUse: number;
}

interface Count {
  entries: number;
}

interface List {
  /** when the least recently used entry was used */
  readonly oldestUse: number;
  dropOldest(): void;
}

let uses = 0;
const all: Count = { entries: 0 };
/** They are not kept for being listed here. */
const lists = new Set<WeakRef<List>>();
const forgotten = new FinalizationRegistry<{ readonly count: Count; readonly list: WeakRef<List> }>(
  ({ count, list }) => {
    all.entries -= count.entries;
    lists.delete(list);
  },
);

/** What is recorded, or may be shared by recordings. */
export interface Droppable {
  /** bytes of the plan that it keeps */
  readonly bytes: number;
  /** Lets go of the plan; it must not be used again. */
  release(): void;
}

export class Recordings<T> implements List {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #count: Count = { entries: 0 };
  readonly #planOf: (value: T) => Droppable;
  #characters = 0;

  /** `planOf` says what of an entry is to be released when it is dropped. */
  constructor(planOf: (value: T) => Droppable) {
    this.#planOf = planOf;
    const list: WeakRef<List> = new WeakRef(this);
    lists.add(list);
    forgotten.register(this, { count: this.#count, list });
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    entry.lastUse = ++uses;
    return entry.value;
  }

  /** The newest stays, whatever its size. */
  add(key: string, value: T): void {
    this.#entries.set(key, { value, lastUse: ++uses });
    this.#characters += key.length;
    this.#count.entries++;
    all.entries++;
    while (this.#areTooMany()) this.dropOldest();
    while (all.entries > mostOfAll) {
      const oldest = oldestList();
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

function oldestList(): List | undefined {
  let oldest: List | undefined;
  for (const list of lists) {
    const recordings = list.deref();
    if (recordings && recordings.oldestUse < (oldest?.oldestUse ?? Number.POSITIVE_INFINITY)) oldest = recordings;
  }
  return oldest;
}
