// The arena: intermediates of a plan laid out in one block by their lifetimes. Largest first, each at the lowest offset
// where nothing that is alive at the same time lies (the "greedy by size" of Pisarchyk and Lee, 2020).

export interface Lifetime {
  readonly bytes: number;
  /** first and last phase in which it is in use, both included */
  readonly first: number;
  readonly last: number;
}

export interface ArenaLayout {
  /** byte offset of each buffer, in the order given; multiples of 64 */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** Vector loads may read past the end of a buffer by less than this. */
const overread = 64;

function rounded({ bytes }: Lifetime): number {
  return Math.ceil(bytes / 64) * 64;
}

/** Bytes of what is alive at the same time, where that is most: no layout takes less. */
export function largestLiveSet(lifetimes: readonly Lifetime[]): number {
  const change = new Map<number, number>();
  const add = (phase: number, bytes: number): void => {
    change.set(phase, (change.get(phase) ?? 0) + bytes);
  };
  for (const lifetime of lifetimes) {
    add(lifetime.first, rounded(lifetime));
    add(lifetime.last + 1, -rounded(lifetime));
  }
  let [alive, most] = [0, 0];
  for (const [, bytes] of [...change].sort(([a], [b]) => a - b)) {
    alive += bytes;
    most = Math.max(most, alive);
  }
  return most;
}

export function layoutArena(lifetimes: readonly Lifetime[]): ArenaLayout {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const bySize = lifetimes
    .map((_, i) => i)
    .sort((a, b) => (lifetimes[b]?.bytes ?? 0) - (lifetimes[a]?.bytes ?? 0) || a - b);
  const placed: { lifetime: Lifetime; from: number; to: number }[] = [];
  let total = 0;
  for (const i of bySize) {
    const lifetime = lifetimes[i];
    if (!lifetime) continue;
    const size = rounded(lifetime);
    let from = 0;
    for (const other of placed) {
      if (other.lifetime.last < lifetime.first || lifetime.last < other.lifetime.first) continue;
      if (from + size <= other.from) break;
      from = Math.max(from, other.to);
    }
    offsets[i] = from;
    total = Math.max(total, from + size);
    const at = placed.findIndex((other) => other.from > from);
    placed.splice(at < 0 ? placed.length : at, 0, { lifetime, from, to: from + size });
  }
  return { offsets, bytes: total + overread };
}
