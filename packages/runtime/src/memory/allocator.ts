// Allocates blocks of an address range that may grow. Free ranges are kept in lists by size: eight size classes for each power of
// two, as in TLSF (Masmano et al. 2004), so that `allocate` and `free` take constant time. It never touches the bytes.
// Invariant: every byte belongs to exactly one range, used or free; ranges are linked in the order of addresses, and no two free
// ranges are neighbours.

/** Bytes that belong to the code that allocated them, until it frees them. `byteOffset` is a multiple of 64. */
export interface Block {
  readonly byteOffset: number;
  readonly byteLength: number;
}

const unit = 64;
/** sizes below this many units have a class of their own */
const smallUnits = 16;
const smallLog = 4;
/** units < 2²⁶ (4 GiB): 16 small classes, then 8 for each of 2⁴ … 2²⁶ */
const classes = smallUnits + 8 * (26 - smallLog + 1);
/** how many ranges of the request's own class are tried, before a range of a larger class is taken, which is sure to fit */
const tries = 8;

type State = 'used' | 'free' | 'gone';

class Range implements Block {
  byteOffset: number;
  byteLength: number;
  units: number;
  state: State;
  // Neighbours by address, then neighbours in the list of the class while free.
  below: Range | undefined;
  above: Range | undefined;
  previous: Range | undefined = undefined;
  next: Range | undefined = undefined;

  constructor(byteOffset: number, byteLength: number, units: number, state: State, below?: Range, above?: Range) {
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.units = units;
    this.state = state;
    this.below = below;
    this.above = above;
  }
}

/** The size class. It never decreases with `units`: all sizes of a class are less than all sizes of the next. */
function classOf(units: number): number {
  if (units < smallUnits) return units;
  const log = 31 - Math.clz32(units);
  return smallUnits + 8 * (log - smallLog) + ((units >>> (log - 3)) & 7);
}

/** The blocks of one address range. */
export class Allocator {
  readonly #lists: (Range | undefined)[] = new Array(classes).fill(undefined);
  /** one bit a class: whether its list holds a range */
  readonly #filled = new Int32Array(Math.ceil(classes / 32));
  readonly #start: number;
  #top: Range | undefined;
  #unitsInUse = 0;

  /** An empty range that begins at `byteOffset`, a multiple of 64. */
  constructor(byteOffset: number) {
    this.#start = byteOffset;
  }

  /** Bytes of all blocks, each rounded up to 64. */
  get bytesInUse(): number {
    return unit * this.#unitsInUse;
  }

  /** Free bytes at the upper end, which a larger range need not add. */
  get bytesAtTop(): number {
    return this.#top?.state === 'free' ? unit * this.#top.units : 0;
  }

  /** The free ranges from low to high addresses. */
  get freeRanges(): readonly Block[] {
    const found: Block[] = [];
    for (let range = this.#top; range; range = range.below) {
      if (range.state === 'free') found.unshift({ byteOffset: range.byteOffset, byteLength: unit * range.units });
    }
    return found;
  }

  /** Adds `bytes`, a multiple of 64, at the upper end. */
  extend(bytes: number): void {
    const units = bytes / unit;
    const top = this.#top;
    if (top?.state === 'free') {
      this.#unlist(top);
      top.units += units;
      this.#list(top);
      return;
    }
    const byteOffset = top ? top.byteOffset + unit * top.units : this.#start;
    this.#top = new Range(byteOffset, 0, units, 'free', top);
    if (top) top.above = this.#top;
    this.#list(this.#top);
  }

  /** A block of `bytes`, or undefined when no free range is long enough. */
  allocate(bytes: number): Block | undefined {
    const units = Math.max(1, Math.ceil(bytes / unit));
    const range = this.#find(units);
    if (!range) return undefined;
    this.#unlist(range);
    const rest = range.units - units;
    const block = new Range(range.byteOffset, bytes, units, 'used', range.below, rest > 0 ? range : range.above);
    if (block.below) block.below.above = block;
    if (block.above) block.above.below = block;
    if (rest > 0) {
      range.byteOffset += unit * units;
      range.units = rest;
      this.#list(range);
    } else {
      range.state = 'gone';
      if (this.#top === range) this.#top = block;
    }
    this.#unitsInUse += units;
    return block;
  }

  /** Gives a block back; it is joined with its free neighbours. Throws an `internal:` error for a block that is not in use. */
  free(block: Block): void {
    if (!(block instanceof Range) || block.state !== 'used') {
      throw new Error(`internal: free of a block that is not in use; got ${block.byteLength} bytes`);
    }
    this.#unitsInUse -= block.units;
    let range = this.#replace(block);
    if (range.below?.state === 'free') range = this.#join(range.below, range);
    if (range.above?.state === 'free') range = this.#join(range, range.above);
    this.#list(range);
  }

  /** Puts a free range in the place of a block. The block is marked as gone, so that freeing it twice is an error. */
  #replace(block: Range): Range {
    const range = new Range(block.byteOffset, 0, block.units, 'free', block.below, block.above);
    if (range.below) range.below.above = range;
    if (range.above) range.above.below = range;
    if (this.#top === block) this.#top = range;
    block.state = 'gone';
    block.below = undefined;
    block.above = undefined;
    return range;
  }

  /** Joins two free neighbours: the lower one becomes both. */
  #join(lower: Range, upper: Range): Range {
    for (const range of [lower, upper]) this.#unlist(range);
    lower.units += upper.units;
    lower.above = upper.above;
    if (upper.above) upper.above.below = lower;
    if (this.#top === upper) this.#top = lower;
    upper.state = 'gone';
    return lower;
  }

  #find(units: number): Range | undefined {
    if (units >= 2 ** 26) return undefined;
    const own = classOf(units);
    let range = this.#lists[own];
    for (let i = 0; range && i < tries; i++, range = range.next) if (range.units >= units) return range;
    const larger = this.#firstFilled(own + 1);
    return larger < classes ? this.#lists[larger] : undefined;
  }

  /** The first class from `from` on whose list holds a range, or `classes`. */
  #firstFilled(from: number): number {
    let mask = -1 << (from & 31);
    for (let word = from >> 5; word < this.#filled.length; word++, mask = -1) {
      const bits = (this.#filled[word] ?? 0) & mask;
      if (bits !== 0) return 32 * word + 31 - Math.clz32(bits & -bits);
    }
    return classes;
  }

  #list(range: Range): void {
    const own = classOf(range.units);
    const head = this.#lists[own];
    range.next = head;
    if (head) head.previous = range;
    this.#lists[own] = range;
    this.#filled[own >> 5]! |= 1 << (own & 31);
  }

  /** Takes a range out of its list; does nothing for a range that is in no list. */
  #unlist(range: Range): void {
    const own = classOf(range.units);
    if (this.#lists[own] === range) {
      this.#lists[own] = range.next;
      if (!range.next) this.#filled[own >> 5]! &= ~(1 << (own & 31));
    }
    if (range.previous) range.previous.next = range.next;
    if (range.next) range.next.previous = range.previous;
    range.previous = undefined;
    range.next = undefined;
  }
}
