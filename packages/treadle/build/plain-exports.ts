// CommonJS whose every export is an assignment. The bundler writes some of them as getters, which Node does not find when an ES module
// imports from CommonJS, and which vitest loses where it bundles a package itself.

import type { Plugin } from 'rolldown';

const getter =
  /Object\.defineProperty\(exports,\s*["'`](\w+)["'`],\s*\{\s*enumerable:\s*(?:!0|true),\s*get:\s*function\(\)\s*\{\s*return ([\w$]+);?\s*\}\s*\}\)/g;

/** A plugin that assigns the exports which are never assigned again. The build throws an Error where it leaves a getter. */
export const plainExports: Plugin = {
  name: 'plain exports',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      chunk.code = chunk.code.replace(getter, 'exports.$1=$2');
      const left = chunk.exports.filter((name) => !chunk.code.includes(`exports.${name}=`));
      if (left.length > 0) throw new Error(`build: each export must be assigned; got others: ${left.join(', ')}`);
    }
  },
};
