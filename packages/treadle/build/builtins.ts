// How an ES module for Node gets the modules of Node: it asks the process for each one when it is first needed. To import them would
// take longer than all of the package: Node then calls every getter of a module, and those of node:process and node:fs open streams.

import { createRequire, isBuiltin } from 'node:module';
import type { Plugin } from 'rolldown';

/** Modules that every process of Node has loaded before a program begins. */
const loaded = ['buffer', 'fs', 'module', 'path', 'process', 'timers', 'url'];
const required = '\0require:';
const imported = '\0import:';

/** The first lines of a bundle. Node below 20.16 has no `getBuiltinModule`. A bundler does not see these names: no module has them. */
export const builtinsBanner = `import { createRequire as requirerAt } from 'node:module';
const builtinModule = process.getBuiltinModule ?? requirerAt(process.execPath);
`;

/** A plugin that puts modules which ask the process in the place of those of Node. */
export const builtins: Plugin = {
  name: 'builtins',
  resolveId(id, _, { kind }) {
    if (!isBuiltin(id)) return null;
    return (kind === 'require-call' ? required : imported) + id.replace(/^node:/, '');
  },
  load(id) {
    const [name] = id
      .split('\0')
      .slice(1)
      .map((text) => text.replace(/^\w+:/, ''));
    if (name === undefined) return null;
    const module = `builtinModule('node:${name}')`;
    if (id.startsWith(required)) return `module.exports = ${module};`;
    return [
      `const whole = /* @__PURE__ */ (() => ${module})();`,
      'export default whole;',
      ...Object.entries(createRequire(import.meta.url)(`node:${name}`)).map(([key, value]) =>
        typeof value === 'function' && !loaded.includes(name)
          ? `export function ${key}(...given) { return ${/^[A-Z]/.test(key) ? 'new ' : ''}(${module}.${key})(...given); }`
          : `export const ${key} = /* @__PURE__ */ (() => ${module}.${key})();`,
      ),
    ].join('\n');
  },
};
