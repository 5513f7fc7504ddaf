// How a tensor prints: a line with shape and dtype, then the values in brackets, aligned as NumPy does; of long axes the first
// and the last three elements.

import type { Dtype, Shape } from '@treadle/graph';

/** Tensors with more elements are abridged. */
const printedWhole = 1000;
/** how many elements stand at each end of an abridged axis */
const atEachEnd = 3;

export function print(values: ArrayLike<number>, shape: Shape, dtype: Dtype): string {
  const isAbridged = values.length > printedWhole;
  const shown = shape.map((extent) => shownIndices(extent, isAbridged));
  const text = formatter(pick(values, shape, shown), dtype);
  const head = `Tensor [${shape.join(', ')}] ${dtype}`;
  if (shape.length === 0) return `${head} ${text(values[0] ?? 0)}`;
  return `${head}\n${rows(values, shape, shown, text)}`;
}

/** The indices shown along an axis; −1 stands for those left out. */
function shownIndices(extent: number, isAbridged: boolean): number[] {
  const all = Array.from({ length: extent }, (_, i) => i);
  return isAbridged && extent > 2 * atEachEnd ? [...all.slice(0, atEachEnd), -1, ...all.slice(-atEachEnd)] : all;
}

function pick(values: ArrayLike<number>, shape: Shape, shown: readonly number[][]): number[] {
  let offsets = [0];
  shape.forEach((extent, axis) => {
    const indices = (shown[axis] ?? []).filter((i) => i >= 0);
    offsets = offsets.flatMap((offset) => indices.map((i) => offset * extent + i));
  });
  return offsets.map((offset) => values[offset] ?? 0);
}

function rows(
  values: ArrayLike<number>,
  shape: Shape,
  shown: readonly number[][],
  text: (x: number) => string,
): string {
  const build = (axis: number, offset: number): string => {
    const isLast = axis === shape.length - 1;
    const parts = (shown[axis] ?? []).map((i) => {
      if (i < 0) return '...';
      const at = offset * (shape[axis] ?? 1) + i;
      return isLast ? text(values[at] ?? 0) : build(axis + 1, at);
    });
    const between = isLast ? ' ' : '\n'.repeat(shape.length - 1 - axis) + ' '.repeat(axis + 1);
    return `[${parts.join(between)}]`;
  };
  return build(0, 0);
}

/** One width for all, and one notation: decimals where they are few, exponents where magnitudes are far apart. */
function formatter(values: readonly number[], dtype: Dtype): (x: number) => string {
  const plain =
    dtype === 'bool' ? (x: number) => (x === 0 ? 'false' : 'true') : dtype === 'int32' ? String : floatFormat(values);
  const width = Math.max(0, ...values.map((x) => plain(x).length));
  return (x) => plain(x).padStart(width);
}

function floatFormat(values: readonly number[]): (x: number) => string {
  const sizes = values.filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs);
  const largest = Math.max(...sizes, 0);
  const smallest = Math.min(...sizes, largest);
  if (largest >= 1e8 || (smallest > 0 && (smallest < 1e-4 || (largest / smallest > 1e3 && smallest < 1e-3)))) {
    return (x) => special(x) ?? x.toExponential(Math.min(8, Math.max(...values.map(exponentDigits))));
  }
  const digits = Math.min(8, Math.max(0, ...values.map(decimalDigits)));
  return (x) => special(x) ?? (digits === 0 ? `${x.toFixed(0)}.` : x.toFixed(digits));
}

function special(x: number): string | undefined {
  if (Number.isNaN(x)) return 'nan';
  return Number.isFinite(x) ? undefined : x > 0 ? 'inf' : '-inf';
}

/** The fewest decimals that tell the float32 from its neighbours. */
function decimalDigits(x: number): number {
  if (!Number.isFinite(x)) return 0;
  for (let digits = 0; digits < 8; digits++) if (Math.fround(Number(x.toFixed(digits))) === x) return digits;
  return 8;
}

function exponentDigits(x: number): number {
  if (!Number.isFinite(x)) return 0;
  for (let digits = 0; digits < 8; digits++) if (Math.fround(Number(x.toExponential(digits))) === x) return digits;
  return 8;
}
