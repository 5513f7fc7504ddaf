// Minified code with a line for each statement: Node prints the line that threw an error, and stack traces name it. A line break
// before a statement changes no meaning.

import type { Plugin } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

/** A plugin that breaks the lines of the code that is written. */
export const statementLines: Plugin = {
  name: 'statement lines',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk') chunk.code = breakLines(chunk.code);
  },
};

function breakLines(code: string): string {
  const starts = new Set<number>();
  collectStarts(parseAst(code), starts);
  const ordered = [...starts].sort((a, b) => a - b);
  const lines = ordered.map((start, i) => code.slice(start, ordered[i + 1]).trimEnd());
  return `${[code.slice(0, ordered[0]).trimEnd(), ...lines].filter((line) => line !== '').join('\n')}\n`;
}

/** Where statements and members of classes begin. */
function collectStarts(node: object, starts: Set<number>): void {
  for (const [field, value] of Object.entries(node)) {
    if (Array.isArray(value)) {
      for (const item of value) {
        if (typeof item !== 'object' || item === null) continue;
        if (field === 'body' || field === 'consequent') starts.add(item.start);
        collectStarts(item, starts);
      }
    } else if (typeof value === 'object' && value !== null) collectStarts(value, starts);
  }
}
