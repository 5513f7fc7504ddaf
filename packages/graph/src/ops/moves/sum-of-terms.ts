// A sum of nodes of which many are zero but for a part, as the gradients of slices are: parts that lie side by side are put
// together in one pass, instead of each being filled up with zeros and added. n slices of a tensor cost its size once, not n times.
// So do the gradients of rows picked by index, whose lists of rows become one.

import type { Node } from '../../node.ts';
import { sameShape, sizeOf } from '../../shape.ts';
import { add } from '../elementwise/arithmetic.ts';
import { joinScatteredRows, type ScatteredRows, scatteredRowsOf } from '../indexing/gather.ts';
import type { Box } from './box.ts';
import { concat } from './concat.ts';
import { boxAmongZeros, embed } from './slice-and-pad.ts';

/** A part and what stands in it. */
interface Piece {
  readonly part: Box;
  readonly x: Node;
}

/** Σ terms, at least one, all of one shape. */
export function sumOfTerms(terms: readonly Node[]): Node {
  const [first] = terms;
  return first && terms.length === 1 ? first : joinBoxes(joinScattered(terms));
}

/** The terms, with those that are lists of rows of one table as one list, unless it would be longer than the table. */
function joinScattered(terms: readonly Node[]): readonly Node[] {
  const tables = new Map<number, ScatteredRows[]>();
  for (const list of terms.map(scatteredRowsOf)) {
    if (list) tables.set(list.n, [...(tables.get(list.n) ?? []), list]);
  }
  let joined = terms;
  for (const [n, lists] of tables) {
    const length = lists.reduce((sum, { indices }) => sum + sizeOf(indices.shape), 0);
    if (lists.length < 2 || length > n) continue;
    const others = joined.filter((term) => scatteredRowsOf(term)?.n !== n);
    joined = [joinScatteredRows(lists, terms[0]?.shape ?? []), ...others];
  }
  return joined;
}

function joinBoxes(terms: readonly Node[]): Node {
  const rows = new Map<string, Piece[]>();
  const sum: Node[] = [];
  const axis = terms.length > 1 ? axisBetween(terms) : undefined;
  for (const term of terms) {
    const part = boxAmongZeros(term);
    const [x] = term.inputs;
    if (axis === undefined || !part || !x) {
      sum.push(term);
      continue;
    }
    const elsewhere = (extents: readonly number[]): readonly number[] => extents.filter((_, i) => i !== axis);
    const key = `${elsewhere(part.begin)};${elsewhere(part.size)}`;
    const row = rows.get(key);
    if (row) row.push({ part, x });
    else rows.set(key, [{ part, x }]);
  }
  for (const row of rows.values()) {
    for (const run of runsOf(row, axis ?? 0)) sum.push(joined(run, axis ?? 0, terms[0]?.shape ?? []));
  }
  return sum.reduce(add);
}

/** The only axis along which the parts begin at different places, if there is one. */
function axisBetween(terms: readonly Node[]): number | undefined {
  const parts = terms.map(boxAmongZeros).filter((part) => part !== undefined);
  const [first, ...others] = parts;
  const axes = first?.begin.map((_, i) => i).filter((i) => others.some(({ begin }) => begin[i] !== first.begin[i]));
  return axes?.length === 1 ? axes[0] : undefined;
}

/** The pieces in runs in which each begins where the one before it ends. Pieces that overlap are in different runs. */
function runsOf(pieces: readonly Piece[], axis: number): readonly (readonly Piece[])[] {
  const runs: Piece[][] = [];
  const open = new Map<number, Piece[]>();
  const at = ({ part }: Piece): number => part.begin[axis] ?? 0;
  for (const piece of [...pieces].sort((a, b) => at(a) - at(b))) {
    const run = open.get(at(piece)) ?? [];
    if (run.length === 0) runs.push(run);
    else open.delete(at(piece));
    run.push(piece);
    open.set(at(piece) + (piece.part.size[axis] ?? 0), run);
  }
  return runs;
}

/** The pieces of a run, side by side, where they stand in a tensor of `shape`. */
function joined(run: readonly Piece[], axis: number, shape: readonly number[]): Node {
  const [first] = run;
  if (!first) throw new Error('internal: a run without pieces');
  const x = concat(
    run.map((piece) => piece.x),
    axis,
  );
  if (sameShape(x.shape, shape)) return x;
  return embed(x, shape, { ...first.part, size: x.shape }, 0);
}
