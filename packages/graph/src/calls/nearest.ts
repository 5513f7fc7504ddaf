// Did you mean …? The known name that is nearest to an unknown one: equal but for case and underscores, or of least edit distance, or
// beginning with it.

/** The nearest known name; undefined if none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const letters = lettersOf(name);
  const same = known.find((other) => lettersOf(other) === letters);
  if (same !== undefined || letters.length > mostLetters) return same;
  const most = Math.max(1, Math.floor(letters.length / 3));
  let best: string | undefined;
  let least = most + 1;
  for (const other of known) {
    const distance = editDistance(letters, lettersOf(other));
    if (distance < least) [best, least] = [other, distance];
  }
  const isBeginning = (other: string): boolean => letters.length >= 3 && lettersOf(other).startsWith(letters);
  return best ?? known.find(isBeginning);
}

/** longer texts are not compared letter by letter */
const mostLetters = 40;

function lettersOf(name: string): string {
  return name.replaceAll(/[_\-\s]/g, '').toLowerCase();
}

/** The number of letters to insert, delete, replace, or swap with a neighbour (F. Damerau, 1964). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const [replaced = 0, deleted = 0, inserted = 0] = [above[j - 1], above[j], row[j - 1]];
      let least = Math.min(replaced + (isSame ? 0 : 1), deleted + 1, inserted + 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
