// A sum of gradients. Many terms are zero except for a box, as the gradients of slices are; boxes that are side by side are
// concatenated in one pass, instead of each being filled up with zeros and added. So n slices of a tensor cost its size once, not n
// times. In the same way the gradients of gathered rows, which are lists of rows, become one list.

import type { Node } from '../../node.ts';
import { sameShape, sizeOf } from '../../shape.ts';
import { add } from '../elementwise/arithmetic.ts';
import { joinScatteredRows, type ScatteredRows, scatteredRowsOf } from '../indexing/gather.ts';
import type { Box } from './box.ts';
import { concat } from './concat.ts';
import { boxAmongZeros, embed } from './slice-and-pad.ts';

/** A box and the node that it holds. */
interface Piece {
  readonly box: Box;
  readonly x: Node;
}

/** The sum of one or more terms of one shape. */
export function sumOfTerms(terms: readonly Node[]): Node {
  const [first] = terms;
  return first && terms.length === 1 ? first : joinBoxes(joinScattered(terms));
}

/** The terms, with all lists of rows of one table as one list, unless that would be longer than the table. */
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
    const box = boxAmongZeros(term);
    const [x] = term.inputs;
    if (axis === undefined || !box || !x) {
      sum.push(term);
      continue;
    }
    const elsewhere = (extents: readonly number[]): readonly number[] => extents.filter((_, i) => i !== axis);
    const key = `${elsewhere(box.begin)};${elsewhere(box.size)}`;
    const row = rows.get(key);
    if (row) row.push({ box, x });
    else rows.set(key, [{ box, x }]);
  }
  for (const row of rows.values()) {
    for (const run of runsOf(row, axis ?? 0)) sum.push(joined(run, axis ?? 0, terms[0]?.shape ?? []));
  }
  return sum.reduce(add);
}

/** The axis along which the boxes begin at different positions, if it is the only one. */
function axisBetween(terms: readonly Node[]): number | undefined {
  const parts = terms.map(boxAmongZeros).filter((box) => box !== undefined);
  const [first, ...others] = parts;
  const axes = first?.begin.map((_, i) => i).filter((i) => others.some(({ begin }) => begin[i] !== first.begin[i]));
  return axes?.length === 1 ? axes[0] : undefined;
}

/** The pieces in runs: each piece of a run begins where the one before it ends. Overlapping pieces are in different runs. */
function runsOf(pieces: readonly Piece[], axis: number): readonly (readonly Piece[])[] {
  const runs: Piece[][] = [];
  const open = new Map<number, Piece[]>();
  const at = ({ box }: Piece): number => box.begin[axis] ?? 0;
  for (const piece of [...pieces].sort((a, b) => at(a) - at(b))) {
    const run = open.get(at(piece)) ?? [];
    if (run.length === 0) runs.push(run);
    else open.delete(at(piece));
    run.push(piece);
    open.set(at(piece) + (piece.box.size[axis] ?? 0), run);
  }
  return runs;
}

/** The pieces of a run, concatenated, in their place in a tensor of `shape`. */
function joined(run: readonly Piece[], axis: number, shape: readonly number[]): Node {
  const [first] = run;
  if (!first) throw new Error('internal: a run without pieces');
  const x = concat(
    run.map((piece) => piece.x),
    axis,
  );
  if (sameShape(x.shape, shape)) return x;
  return embed(x, shape, { ...first.box, size: x.shape }, 0);
}
