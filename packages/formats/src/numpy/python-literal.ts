// A value as Python's repr writes it: the header of an npy file is one. Texts, whole numbers, True, False, None, tuples, lists, dicts.

/** Tuples and lists are arrays, dicts are maps. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | readonly PythonValue[]
  | ReadonlyMap<PythonValue, PythonValue>;

/** deeper than any header, and shallow enough for the stack */
const mostDepth = 16;

/** Reads a text that is one value. Throws SyntaxError for any other text. */
export function parsePython(text: string): PythonValue {
  const tokens = [...tokensOf(text)];
  let at = 0;
  const wrong = (): SyntaxError => new SyntaxError(`a Python value must be complete; got ${tokens[at] ?? 'its end'}`);
  const skip = (token: string): boolean => {
    if (tokens[at] !== token) return false;
    at++;
    return true;
  };

  const value = (depth: number): PythonValue => {
    if (depth > mostDepth) throw wrong();
    const token = tokens[at];
    if (token === '{') return dict(depth);
    if (token === '[') return list(']', depth).items;
    if (token === '(') {
      const { items, commas } = list(')', depth);
      const [only] = items;
      return items.length === 1 && commas === 0 && only !== undefined ? only : items;
    }
    const simple = token === undefined ? undefined : simpleValue(token);
    if (simple === undefined) throw wrong();
    at++;
    return simple;
  };

  /** Items with commas between them, and perhaps after the last one. */
  const list = (end: string, depth: number): { readonly items: PythonValue[]; readonly commas: number } => {
    at++;
    const items: PythonValue[] = [];
    let commas = 0;
    while (!skip(end)) {
      if (items.length > commas) throw wrong();
      items.push(value(depth + 1));
      if (skip(',')) commas++;
    }
    return { items, commas };
  };

  const dict = (depth: number): ReadonlyMap<PythonValue, PythonValue> => {
    at++;
    const members = new Map<PythonValue, PythonValue>();
    let isNext = true;
    while (!skip('}')) {
      if (!isNext) throw wrong();
      const key = value(depth + 1);
      if (!skip(':') || members.has(key)) throw wrong();
      members.set(key, value(depth + 1));
      isNext = skip(',');
    }
    return members;
  };

  const result = value(0);
  if (at < tokens.length) throw wrong();
  return result;
}

function* tokensOf(text: string): Generator<string, void, undefined> {
  const token = /\s*([{}()[\],:]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+|\w+)\s*/y;
  while (token.lastIndex < text.length) {
    const from = token.lastIndex;
    const [, found] = token.exec(text) ?? [];
    if (found === undefined)
      throw new SyntaxError(`a Python value must be written in tokens; got one that is none at ${from}`);
    // Python 2 wrote long numbers as 3L
    if (found !== 'L') yield found;
  }
}

function simpleValue(token: string): PythonValue | undefined {
  if (token === 'True') return true;
  if (token === 'False') return false;
  if (token === 'None') return null;
  if (/^-?\d/.test(token)) return Number(token);
  return /^['"]/.test(token) ? token.slice(1, -1).replaceAll(/\\(.)/g, '$1') : undefined;
}
