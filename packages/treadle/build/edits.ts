// Changes that the build makes in the text of modules: where the workspace finds a file by its path, a bundle has no such file. A
// build in which a text to be replaced is not found fails, so that a new version of a dependency cannot slip through unedited.

import type { Plugin } from 'rolldown';

/** A change of a module: the text or pattern `from` becomes `to`. */
export interface Edit {
  /** which modules: the end of their path, with / */
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
}

/** A plugin that makes these edits. The build throws an Error unless each one was made. */
export function editing(edits: readonly Edit[]): Plugin {
  const left = new Set(edits);
  return {
    name: 'edits',
    transform(code, id) {
      const path = id.replaceAll('\\', '/');
      let text = code;
      for (const edit of edits.filter(({ file }) => path.endsWith(file))) {
        const next = text.replace(edit.from, () => edit.to);
        if (next !== text) left.delete(edit);
        text = next;
      }
      return text === code ? null : text;
    },
    buildEnd(error) {
      if (error) return;
      for (const { file, from } of left) throw new Error(`build: ${file} must contain ${from}, which is replaced`);
    },
  };
}

/** A plugin that puts a module with this code in the place of `name`. */
export function providing(name: string, code: string): Plugin {
  return {
    name: `provide ${name}`,
    resolveId: (id) => (id === name ? name : null),
    load: (id) => (id === name ? code : null),
  };
}
