// Buffer assignment: the intermediates of a plan in one block of memory, so that buffers which are alive at the same time do not
// overlap. They are placed one after the other, each at the lowest offset that is free throughout its lifetime. The order decides how
// much memory that takes: largest first is usually best ("greedy by size", Y. Pisarchyk and J. Lee, Efficient memory management for
// deep neural net inference, 2020); other orders are tried where it leaves gaps. This takes time quadratic in the number of buffers,
// so very many are placed in the order of time instead, each in the tightest gap.

/** A buffer to be placed. */
export interface Lifetime {
  readonly bytes: number;
  /** the first and the last phase that touches it, both included */
  readonly first: number;
  readonly last: number;
}

/** Where buffers lie in their block. */
export interface BufferAssignment {
  /** byte offset of each buffer, in the order given; multiples of 64 */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** How often each order is changed in search of a better one. */
const improvements = 12;
/** Search ends when the block is larger than the least possible by less than this part. */
const leastImprovement = 1 / 128;
/** Search ends after so many changes in a row without gain. */
const mostFailures = 3;
/** With more buffers each order is tried once. */
const mostImproved = 500;
/** More buffers are placed in the order of time. */
const mostCompared = 1500;
/** Bytes that vector loads may read past the end of the last buffer. */
const overread = 64;

/** The bytes that a buffer takes: a multiple of 64. */
export function alignedBytes({ bytes }: Pick<Lifetime, 'bytes'>): number {
  return Math.ceil(bytes / 64) * 64;
}

/** The most bytes that are alive in one phase: no assignment takes less. */
export function largestLiveSet(lifetimes: readonly Lifetime[]): number {
  const change = new Map<number, number>();
  const add = (phase: number, bytes: number): void => {
    change.set(phase, (change.get(phase) ?? 0) + bytes);
  };
  for (const lifetime of lifetimes) {
    add(lifetime.first, alignedBytes(lifetime));
    add(lifetime.last + 1, -alignedBytes(lifetime));
  }
  let [alive, most] = [0, 0];
  for (const [, bytes] of [...change].sort(([a], [b]) => a - b)) {
    alive += bytes;
    most = Math.max(most, alive);
  }
  return most;
}

/** The orders to try: by size, by size times lifetime, by lifetime; largest first. */
const ranks: readonly ((lifetime: Lifetime) => number)[] = [
  alignedBytes,
  (lifetime) => alignedBytes(lifetime) * (lifetime.last - lifetime.first + 1),
  ({ first, last }) => last - first,
];

/** Places all buffers. Equal lifetimes give equal offsets. */
export function assignBuffers(lifetimes: readonly Lifetime[]): BufferAssignment {
  if (lifetimes.length > mostCompared) return layOutInTime(lifetimes);
  const columns = columnsOf(lifetimes);
  const goal = largestLiveSet(lifetimes) * (1 + leastImprovement);
  const changes = lifetimes.length > mostImproved ? 0 : improvements;
  let best: Attempt = { offsets: [], bytes: Number.POSITIVE_INFINITY, top: [] };
  for (const rank of ranks) {
    let order = inOrderOf(lifetimes, rank);
    let [least, since] = [Number.POSITIVE_INFINITY, 0]; // the least bytes of this rank, and how many attempts ago
    for (let attempts = 0; attempts <= changes && since < mostFailures && best.bytes > goal; attempts++) {
      const attempt = layOut(columns, order);
      if (attempt.bytes < best.bytes) best = attempt;
      [least, since] = attempt.bytes < least ? [attempt.bytes, 0] : [least, since + 1];
      const top = new Set(attempt.top);
      order = [...top, ...order.filter((i) => !top.has(i))]; // buffers that ended up on top come first
    }
  }
  return { offsets: [...best.offsets], bytes: best.bytes + overread };
}

function inOrderOf(lifetimes: readonly Lifetime[], rank: (lifetime: Lifetime) => number): readonly number[] {
  const ranked = lifetimes.map((lifetime, i) => ({ i, rank: rank(lifetime) }));
  return ranked.sort((a, b) => b.rank - a.rank || a.i - b.i).map(({ i }) => i);
}

/** Lifetimes as columns of numbers: the fastest form for loops over all pairs. */
interface Columns {
  /** in bytes, multiples of 64 */
  readonly sizes: Float64Array;
  readonly firsts: Float64Array;
  readonly lasts: Float64Array;
}

function columnsOf(lifetimes: readonly Lifetime[]): Columns {
  return {
    sizes: Float64Array.from(lifetimes, alignedBytes),
    firsts: Float64Array.from(lifetimes, ({ first }) => first),
    lasts: Float64Array.from(lifetimes, ({ last }) => last),
  };
}

interface Attempt {
  readonly offsets: ArrayLike<number> & Iterable<number>;
  readonly bytes: number;
  /** the buffers that end where the block ends */
  readonly top: readonly number[];
}

function layOut({ sizes, firsts, lasts }: Columns, order: readonly number[]): Attempt {
  const offsets = new Float64Array(sizes.length);
  /** the buffers placed so far, by offset */
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

/** A range of free bytes; the last one has no end. */
interface Gap {
  from: number;
  to: number;
}

/** Phase by phase: frees the buffers that are no longer used, then places those that begin here, largest first, in the tightest gap. */
function layOutInTime(lifetimes: readonly Lifetime[]): BufferAssignment {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const begins = inOrderOf(lifetimes, (lifetime) => alignedBytes(lifetime) - lifetime.first * 2 ** 36);
  const ends = inOrderOf(lifetimes, ({ last }) => -last);
  const gaps: Gap[] = [{ from: 0, to: Number.POSITIVE_INFINITY }];
  let [ended, total] = [0, 0];
  for (const i of begins) {
    const lifetime = lifetimes[i] ?? nothing;
    for (let end = ends[ended]; end !== undefined; end = ends[++ended]) {
      const other = lifetimes[end] ?? nothing;
      if (other.last >= lifetime.first) break;
      const from = offsets[end] ?? 0;
      freeGap(gaps, { from, to: from + alignedBytes(other) });
    }
    const size = alignedBytes(lifetime);
    offsets[i] = takeGap(gaps, size);
    total = Math.max(total, (offsets[i] ?? 0) + size);
  }
  return { offsets, bytes: total + overread };
}

const noGap: Gap = { from: 0, to: 0 };

/** Takes `size` bytes from the tightest gap that is large enough; returns their offset. */
function takeGap(gaps: Gap[], size: number): number {
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

/** Adds a gap. Gaps stay in the order of their offsets; adjacent ones are merged. */
function freeGap(gaps: Gap[], { from, to }: Gap): void {
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
