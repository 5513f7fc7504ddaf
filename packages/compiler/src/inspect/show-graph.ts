// A capture as text: a line for each node, inputs before what is computed from them, then the roots. Computed nodes go by their
// positions (`%7`), as they do in the texts of the later passes; sources by what they are (`arg0`, `v2`, `stored0`, `0.5`).

import { type Node, type Part, showShape, type VariableState } from '@treadle/graph';
import type { Capture } from '../trace/capture.ts';

/** What the texts of all passes call an entry, and a variable. */
export interface EntryNames {
  entry(at: number): string;
  variable(state: VariableState): string;
}

/** Names for the entries of a capture. */
export function entryNames({ entries, sources, roots }: Capture): EntryNames {
  const variables = new Map<VariableState, string>();
  const variable = (state: VariableState): string => {
    const known = variables.get(state) ?? `v${variables.size}`;
    variables.set(state, known);
    return known;
  };
  const names = new Map<number, string>();
  let stored = 0;
  for (const at of sources) {
    const { source } = entries[at]?.node ?? {};
    if (source?.kind === 'argument') names.set(at, `arg${source.index}`);
    else if (source?.kind === 'variable') names.set(at, variable(source.state));
    else if (source?.kind === 'stored') names.set(at, `stored${stored++}`);
    else if (source?.kind === 'drawn') names.set(at, 'drawn');
    else if (source) names.set(at, `${source.value}`);
  }
  for (const { target } of roots) if (target) variable(target);
  return { entry: (at) => names.get(at) ?? `%${at}`, variable };
}

/** A line for each entry, `%4 = mul(arg0, %3)  float32 [8, 3]`, then a line for each root. */
export function showGraph(capture: Capture): string {
  const { entry, variable } = entryNames(capture);
  const lines = capture.entries.map(({ node, inputs }, at) => {
    const type = `${node.dtype} ${showShape(node.shape)}`;
    return node.source
      ? `${entry(at)}  ${type}`
      : `${entry(at)} = ${opText(node)}(${inputs.map(entry).join(', ')})  ${type}`;
  });
  const roots = capture.roots.map(({ at, target }) =>
    target ? `assign ${variable(target)} ← ${entry(at)}` : `return ${entry(at)}`,
  );
  return [...lines, ...roots].join('\n');
}

/** Longer keys, such as those of loops, say more than a line can hold. */
const longestKey = 48;

/** The op's name, or its key where that adds attributes; for a result of an op of several, which one it is. */
function opText({ op }: Node): string {
  if (!op) return 'no op';
  if (op.kind === 'part') return `${op.part.kind} ${partText(op.part)} of `;
  return op.key.startsWith(op.name) && op.key.length <= longestKey ? op.key : op.name;
}

function partText(part: Part): string {
  if (part.kind === 'result') return `${part.index}`;
  if (part.kind === 'final') return `carry ${part.carry}`;
  return typeof part.place === 'number' ? `${part.place}` : `${part.place.of}, ${partText(part.place.part)}`;
}
