// Any value as text for error messages: short, and without calling methods of the value.

/** number of elements of an array, and of characters of a text, that are shown */
const [mostElements, mostText] = [8, 60];

/** `"relu"`, `5n`, `[2, 3]`, `a function`, `an object`, `a Promise`. Never throws, whatever the value is. */
export function show(x: unknown, depth = 0): string {
  if (typeof x === 'string') return JSON.stringify(x.length > mostText ? `${x.slice(0, mostText)}…` : x);
  if (typeof x === 'bigint') return `${x}n`;
  if (typeof x === 'function') return 'a function';
  if (typeof x !== 'object' || x === null) return String(x);
  if (Array.isArray(x)) {
    const shown =
      depth > 2
        ? '…'
        : x
            .slice(0, mostElements)
            .map((each) => show(each, depth + 1))
            .join(', ');
    return x.length > mostElements ? `[${shown}, …]` : `[${shown}]`;
  }
  const kind = Object.prototype.toString.call(x).slice(8, -1);
  return /^[AEIOU]/.test(kind) ? `an ${kind === 'Object' ? 'object' : kind}` : `a ${kind}`;
}
