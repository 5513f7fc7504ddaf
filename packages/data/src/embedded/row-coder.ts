// The coder of the embedded sets: binary arithmetic coding with adaptive probabilities (I. Witten, R. Neal, J. Cleary, "Arithmetic coding
// for data compression", 1987). A value is coded bit by bit, the highest first. The probability of a bit depends on the column, on the
// higher bits, and on the values left of it and above it in the row. It packs tighter than general methods, and needs no library.

/** How the values of the rows are coded. */
export interface RowFormat {
  /** the number of values in a row, the class included, which is the last one */
  readonly columns: number;
  /** the distance in columns to the value above: the width of an image */
  readonly width: number;
  /** all values are below 2^bits */
  readonly bits: number;
}

/** Codes a bit whose probability of being 1 is `chance` / 65,536: is given the bit by an encoder, finds it in a decoder. */
type CodeBit = (chance: number, bit: number) => number;

const even = 32_768;
/** A probability follows the latest bits, as if it had seen no more than this many. */
const mostSeen = 60;
/** How far a probability stays away from 0 and 1. */
const leastChance = 32;

/** Codes all values of the rows in order. An encoder finds them in `values`; a decoder writes them there. */
function codeRows(values: Uint8Array, { columns, width, bits }: RowFormat, codeBit: CodeBit): void {
  const levels = 4;
  const nodes = 2 ** bits;
  const chances = new Uint16Array(columns * levels * levels * nodes).fill(even);
  const seen = new Uint8Array(chances.length);
  /** 0 … 3 for the value of a column, 0 where there is none */
  const levelAt = (row: number, column: number): number =>
    column < 0 ? 0 : Math.min(levels - 1, Math.ceil(((levels - 1) * (values[row + column] ?? 0)) / (nodes / 2)));
  for (let row = 0; row < values.length; row += columns) {
    for (let column = 0; column < columns; column++) {
      const context = nodes * (levels * (levels * column + levelAt(row, column - 1)) + levelAt(row, column - width));
      const value = values[row + column] ?? 0;
      let node = 1;
      for (let place = bits - 1; place >= 0; place--) {
        const at = context + node;
        const chance = chances[at] ?? even;
        const bit = codeBit(chance, (value >> place) & 1);
        const count = seen[at] ?? 0;
        const step = Math.floor((bit === 1 ? 65_535 - chance : chance) / (count + 1.6));
        chances[at] = Math.min(65_535 - leastChance, Math.max(leastChance, bit === 1 ? chance + step : chance - step));
        seen[at] = Math.min(mostSeen, count + 1);
        node = 2 * node + bit;
      }
      values[row + column] = node - nodes;
    }
  }
}

/** The values of so many rows, decoded. */
export function decodeRows(coded: Uint8Array, rows: number, format: RowFormat): Uint8Array {
  const values = new Uint8Array(rows * format.columns);
  let [low, high, code, next] = [0, 0xffff_ffff, 0, 0];
  const read = (): void => {
    code = ((code << 8) | (coded[next++] ?? 0)) >>> 0;
  };
  for (let i = 0; i < 4; i++) read();
  codeRows(values, format, (chance) => {
    const split = splitOf(low, high, chance);
    const bit = code <= split ? 1 : 0;
    if (bit === 1) high = split;
    else low = split + 1;
    while ((low ^ high) >>> 24 === 0) {
      low = (low << 8) >>> 0;
      high = ((high << 8) | 255) >>> 0;
      read();
    }
    return bit;
  });
  return values;
}

/** The coded rows. */
export function encodeRows(values: Uint8Array, format: RowFormat): Uint8Array {
  const coded: number[] = [];
  let [low, high] = [0, 0xffff_ffff];
  codeRows(values.slice(), format, (chance, bit) => {
    const split = splitOf(low, high, chance);
    if (bit === 1) high = split;
    else low = split + 1;
    while ((low ^ high) >>> 24 === 0) {
      coded.push(high >>> 24);
      low = (low << 8) >>> 0;
      high = ((high << 8) | 255) >>> 0;
    }
    return bit;
  });
  coded.push(high >>> 24, (high >>> 16) & 255, (high >>> 8) & 255, high & 255);
  return Uint8Array.from(coded);
}

/** Where the interval [low, high] is split: the lower part is for 1. */
function splitOf(low: number, high: number, chance: number): number {
  return low + Math.floor(((high - low) * chance) / 65_536);
}
