// The arena: intermediates of a plan laid out in one block by their lifetimes. One after the other, each at the lowest offset
// where nothing that is alive at the same time lies. The order decides how well that goes: largest first is mostly best (the
// "greedy by size" of Pisarchyk and Lee, 2020); where it leaves gaps, others are tried, and the best is kept. That takes time
// with the square of how many there are; very many are laid out in the order of time, each in the tightest gap of its moment.

export interface Lifetime {
  readonly bytes: number;
  /** first and last phase in which it is in use, both included */
  readonly first: number;
  readonly last: number;
}

export interface BufferAssignment {
  /** byte offset of each buffer, in the order given; multiples of 64 */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** How often an order is changed for the better. */
const improvements = 12;
/** What more may take than the least possible: an order that is better by less is not worth looking for. */
const leastImprovement = 1 / 128;
/** After so many changes in a row that gained nothing, no more are made. */
const patience = 3;
/** Of more than these, orders are tried once. */
const mostImproved = 500;
/** More than these are laid out in the order of time. */
const mostCompared = 1500;
/** Vector loads may read past the end of a buffer by less than this. */
const overread = 64;

/** What a buffer takes. */
export function rounded({ bytes }: Pick<Lifetime, 'bytes'>): number {
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

/** What comes first in an order: the largest, the largest for the longest time, the longest. */
const ranks: readonly ((lifetime: Lifetime) => number)[] = [
  rounded,
  (lifetime) => rounded(lifetime) * (lifetime.last - lifetime.first + 1),
  ({ first, last }) => last - first,
];

/** The same lifetimes are always laid out the same way. */
export function assignBuffers(lifetimes: readonly Lifetime[]): BufferAssignment {
  if (lifetimes.length > mostCompared) return layOutInTime(lifetimes);
  const columns = columnsOf(lifetimes);
  const enough = largestLiveSet(lifetimes) * (1 + leastImprovement);
  const rounds = lifetimes.length > mostImproved ? 0 : improvements;
  let best: Attempt = { offsets: [], bytes: Number.POSITIVE_INFINITY, top: [] };
  for (const rank of ranks) {
    let order = inOrderOf(lifetimes, rank);
    let [least, since] = [Number.POSITIVE_INFINITY, 0]; // the least bytes of this rank, and how many rounds ago
    for (let round = 0; round <= rounds && since < patience && best.bytes > enough; round++) {
      const attempt = layOut(columns, order);
      if (attempt.bytes < best.bytes) best = attempt;
      [least, since] = attempt.bytes < least ? [attempt.bytes, 0] : [least, since + 1];
      const top = new Set(attempt.top);
      order = [...top, ...order.filter((i) => !top.has(i))]; // what ended up on top comes first
    }
  }
  return { offsets: [...best.offsets], bytes: best.bytes + overread };
}

function inOrderOf(lifetimes: readonly Lifetime[], rank: (lifetime: Lifetime) => number): readonly number[] {
  const ranked = lifetimes.map((lifetime, i) => ({ i, rank: rank(lifetime) }));
  return ranked.sort((a, b) => b.rank - a.rank || a.i - b.i).map(({ i }) => i);
}

/** Lifetimes as columns of numbers, which loops over all pairs of them go through fastest. */
interface Columns {
  /** rounded, in bytes */
  readonly sizes: Float64Array;
  readonly firsts: Float64Array;
  readonly lasts: Float64Array;
}

function columnsOf(lifetimes: readonly Lifetime[]): Columns {
  return {
    sizes: Float64Array.from(lifetimes, rounded),
    firsts: Float64Array.from(lifetimes, ({ first }) => first),
    lasts: Float64Array.from(lifetimes, ({ last }) => last),
  };
}

interface Attempt {
  readonly offsets: ArrayLike<number> & Iterable<number>;
  readonly bytes: number;
  /** those that end where everything ends */
  readonly top: readonly number[];
}

function layOut({ sizes, firsts, lasts }: Columns, order: readonly number[]): Attempt {
  const offsets = new Float64Array(sizes.length);
  /** those that have their place, by their offsets */
  const placed = new Int32Array(sizes.length);
  let [count, total] = [0, 0];
  for (const i of order) {
    const [size, first, last] = [sizes[i] ?? 0, firsts[i] ?? 0, lasts[i] ?? 0];
    let from = 0;
    for (let p = 0; p < count; p++) {
      const other = placed[p] ?? 0;
      if ((lasts[other] ?? 0) < first || last < (firsts[other] ?? 0)) continue;
      const begin = offsets[other] ?? 0;
      if (from + size <= begin) break;
      from = Math.max(from, begin + (sizes[other] ?? 0));
    }
    offsets[i] = from;
    total = Math.max(total, from + size);
    let at = count;
    while (at > 0 && (offsets[placed[at - 1] ?? 0] ?? 0) > from) at--;
    placed.copyWithin(at + 1, at, count);
    placed[at] = i;
    count++;
  }
  const top = order.filter((i) => (offsets[i] ?? 0) + (sizes[i] ?? 0) === total);
  return { offsets, bytes: total, top };
}

/** A stretch that nothing alive takes; the last one has no end. */
interface Gap {
  from: number;
  to: number;
}

/** Phase by phase: what is used no more gives back its room, then what is first used takes the tightest gap, the largest first. */
function layOutInTime(lifetimes: readonly Lifetime[]): BufferAssignment {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const begins = inOrderOf(lifetimes, (lifetime) => rounded(lifetime) - lifetime.first * 2 ** 36);
  const ends = inOrderOf(lifetimes, ({ last }) => -last);
  const gaps: Gap[] = [{ from: 0, to: Number.POSITIVE_INFINITY }];
  let [ended, total] = [0, 0];
  for (const i of begins) {
    const lifetime = lifetimes[i] ?? nothing;
    for (let end = ends[ended]; end !== undefined; end = ends[++ended]) {
      const other = lifetimes[end] ?? nothing;
      if (other.last >= lifetime.first) break;
      const from = offsets[end] ?? 0;
      giveBack(gaps, { from, to: from + rounded(other) });
    }
    const size = rounded(lifetime);
    offsets[i] = take(gaps, size);
    total = Math.max(total, (offsets[i] ?? 0) + size);
  }
  return { offsets, bytes: total + overread };
}

const noGap: Gap = { from: 0, to: 0 };

/** The begin of the tightest gap that is large enough, taken from it. */
function take(gaps: Gap[], size: number): number {
  if (size === 0) return 0;
  let tightest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < gaps.length && least > size; i++) {
    const { from, to } = gaps[i] ?? noGap;
    if (to - from >= size && (to - from < least || tightest < 0)) [tightest, least] = [i, to - from];
  }
  const gap = gaps[tightest];
  if (!gap) throw new Error('internal: the last gap has room for everything');
  const { from } = gap;
  gap.from += size;
  if (gap.from === gap.to) gaps.splice(tightest, 1);
  return from;
}

/** Gaps stay in the order of their offsets, and neighbours become one. */
function giveBack(gaps: Gap[], { from, to }: Gap): void {
  if (from === to) return;
  let low = 0;
  for (let high = gaps.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((gaps[middle]?.from ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [gaps[low - 1], gaps[low]];
  const joinsBefore = before?.to === from;
  if (after?.from === to) {
    after.from = joinsBefore && before ? before.from : from;
    if (joinsBefore) gaps.splice(low - 1, 1);
  } else if (joinsBefore && before) before.to = to;
  else gaps.splice(low, 0, { from, to });
}

const nothing: Lifetime = { bytes: 0, first: 0, last: 0 };
