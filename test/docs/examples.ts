// Examples in docstrings as programs. A line that ends in `// → json` states the value of its expression, or of the constant that
// it declares: tensors count as what toArray gives, floats are compared to 5 significant digits.

const stated = /^(\s*)(?:const (\w+) = )?(.+);\s*\/\/ → (.+)$/;

/** The program with its statements as checks: `expectValue(value, json)` is called for each. */
export function withChecks(code: string): string {
  const lines = code.split('\n').map((line) => {
    const [, indent, name, expression, json] = stated.exec(line) ?? [];
    if (expression === undefined || json === undefined) return line;
    const check = (value: string): string => `expectValue(${value}, ${JSON.stringify(json)});`;
    return `${indent}${name ? `const ${name} = ${expression}; ${check(name)}` : check(expression)}`;
  });
  return lines.join('\n');
}

/** Throws where the value is not what the JSON says. */
export function expectValue(value: unknown, json: string): void {
  const [found, wanted] = [plain(value), plain(JSON.parse(json))];
  if (!isAsStated(found, wanted)) {
    throw new Error(`the example says ${JSON.stringify(wanted)}; got ${JSON.stringify(found)}`);
  }
}

/** Equal, but for an error of rounding in numbers. */
function isAsStated(found: unknown, wanted: unknown): boolean {
  if (typeof found === 'number' && typeof wanted === 'number') {
    return Math.abs(found - wanted) <= 1e-5 * Math.abs(wanted);
  }
  if (typeof found !== 'object' || typeof wanted !== 'object' || !found || !wanted) return found === wanted;
  const names = Object.keys(wanted);
  return (
    Object.keys(found).length === names.length &&
    names.every((name) => isAsStated(Reflect.get(found, name), Reflect.get(wanted, name)))
  );
}

function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value !== 'object') return value;
  if ('toArray' in value && typeof value.toArray === 'function') return plain(value.toArray());
  if (ArrayBuffer.isView(value)) return Array.from(Object.values(value), plain);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
