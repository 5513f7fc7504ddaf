// JSON.parse takes the last of several members with one name. Where that would hide data, the names are compared before.

/** A name that comes twice in one object, anywhere in a text that is JSON; undefined if none does. */
export function duplicateKey(json: string): string | undefined {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  /** the names of the objects that are open; undefined for an array */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let match = token.exec(json); match; match = token.exec(json)) {
    const [text] = match;
    if (text === '{') open.push(new Set());
    else if (text === '[') open.push(undefined);
    else if (text === '}' || text === ']') open.pop();
    else if (isName && text !== ',') {
      const name: unknown = JSON.parse(text);
      const names = open.at(-1);
      if (names?.has(String(name))) return String(name);
      names?.add(String(name));
    }
    isName = (text === '{' || text === ',') && open.at(-1) !== undefined;
  }
  return undefined;
}
