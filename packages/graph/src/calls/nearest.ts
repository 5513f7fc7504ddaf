// The known name that a misspelt one is meant for: the same letters in another case or with underscores, the beginning of a
// name, or the least edit distance.

/** Undefined where none is near. */
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

/** A longer text is not compared letter by letter. */
const mostLetters = 40;

function lettersOf(name: string): string {
  return name.replaceAll(/[_\-\s]/g, '').toLowerCase();
}

/** How many letters must be put in, left out, replaced or exchanged with their neighbour (F. Damerau, 1964). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const [replaced = 0, leftOut = 0, putIn = 0] = [above[j - 1], above[j], row[j - 1]];
      let least = Math.min(replaced + (isSame ? 0 : 1), leftOut + 1, putIn + 1);
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isExchanged) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
