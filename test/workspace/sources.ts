// What the architecture test reads: the workspace's own text files, and facts about a TypeScript source that hold for
// its syntax tree, so that comments and strings cannot deceive.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

const foreign = new Set(['node_modules', 'dist', '.git', '.bench', 'out', 'coverage']);

/** Paths, from the root, of the files under a folder that are ours: not installed, not built. */
export function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (foreign.has(entry.name)) return [];
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The JSON of a file, which may hold comments. */
export function readJson(path: string): unknown {
  return JSON.parse(read(path).replaceAll(/^\s*\/\/.*$/gm, ''));
}

export interface Import {
  readonly from: string;
  /** whether nothing of it is left at run time */
  readonly isType: boolean;
  /** what is taken from the module, by the names it has there; 'all' for a namespace, a re-export of everything, import() */
  readonly names: readonly string[] | 'all';
}

export interface Facts {
  readonly imports: readonly Import[];
  readonly hasDefaultExport: boolean;
  /** values, not types, that the module exports */
  readonly exports: readonly string[];
  /** how often the type `any` is written */
  readonly anys: number;
  /** the text of every cast but `as const` */
  readonly casts: readonly string[];
  /** which of Node's own globals it names, as values or types */
  readonly nodeGlobals: readonly string[];
  readonly startsWithComment: boolean;
}

/** Globals that Node has and other hosts do not; NodeJS is the namespace of their types. */
const nodeNames = new Set([
  'process',
  'Buffer',
  'setImmediate',
  'clearImmediate',
  'require',
  '__dirname',
  '__filename',
  'NodeJS',
]);
/** The fields in which a syntax node has the name of a property, not of a variable. */
const propertyFields = new Set(['property', 'key', 'imported', 'exported']);

/** Reads a TypeScript source. */
export function factsOf(source: string): Facts {
  const imports: Import[] = [];
  const casts: string[] = [];
  const exports: string[] = [];
  let hasDefaultExport = false;
  let anys = 0;
  const named = new Set<string>();
  const imported = new Set<string>();
  const visit = (node: object): void => {
    const get = (name: string): unknown => Reflect.get(node, name);
    const type = get('type');
    const from = textOf(get('source'));
    if (from !== undefined) {
      const isType = get('importKind') === 'type' || get('exportKind') === 'type' || type === 'TSImportType';
      imports.push({ from, isType, names: namesTaken(node) });
    }
    if (type === 'ExportNamedDeclaration' && get('exportKind') !== 'type') exports.push(...namesDeclared(node));
    if (type === 'ExportDefaultDeclaration' || (type === 'ExportSpecifier' && nameOf(get('exported')) === 'default')) {
      hasDefaultExport = true;
    }
    if (/^Import\w*Specifier$/.test(String(type))) imported.add(String(nameOf(get('local'))));
    if (type === 'TSAnyKeyword') anys++;
    if (type === 'TSTypeAssertion' || (type === 'TSAsExpression' && !isConst(get('typeAnnotation')))) {
      casts.push(source.slice(Number(get('start')), Number(get('end'))));
    }
    for (const [name, value] of Object.entries(node)) {
      const isProperty = propertyFields.has(name) && get('computed') !== true;
      for (const child of [value].flat()) {
        if (typeof child !== 'object' || child === null) continue;
        if (field(child, 'type') === 'Identifier' && !isProperty) named.add(String(nameOf(child)));
        visit(child);
      }
    }
  };
  visit(parseAst(source, { lang: 'ts' }));
  const nodeGlobals = [...named].filter((name) => nodeNames.has(name) && !imported.has(name));
  const startsWithComment = /^(#!.*\n)?\/[/*]/.test(source);
  return { imports, exports, casts, anys, hasDefaultExport, nodeGlobals, startsWithComment };
}

function field(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null ? Reflect.get(node, name) : undefined;
}

function nameOf(node: unknown): unknown {
  return field(node, 'name') ?? field(node, 'value');
}

function isConst(type: unknown): boolean {
  return nameOf(field(type, 'typeName')) === 'const';
}

/** What an import or a re-export takes from its module. */
function namesTaken(node: object): readonly string[] | 'all' {
  const specifiers = field(node, 'specifiers');
  if (!Array.isArray(specifiers) || specifiers.some((each) => field(each, 'type') === 'ImportNamespaceSpecifier'))
    return 'all';
  return specifiers.map((each) => String(nameOf(field(each, 'imported') ?? field(each, 'local')) ?? 'default'));
}

/** The names that an export declares or lists, but types. */
function namesDeclared(node: object): string[] {
  const declaration = field(node, 'declaration');
  const listed = field(node, 'specifiers');
  const declared = field(declaration, 'declarations') ?? (declaration ? [declaration] : []);
  const ids = Array.isArray(declared) ? declared.map((each) => field(each, 'id')) : [];
  const exported = Array.isArray(listed)
    ? listed.filter((each) => field(each, 'exportKind') !== 'type').map((each) => field(each, 'exported'))
    : [];
  return [...ids, ...exported].flatMap(namesIn);
}

/** The names that a pattern binds. */
function namesIn(pattern: unknown): string[] {
  const parts = field(pattern, 'elements') ?? field(pattern, 'properties');
  if (Array.isArray(parts)) return parts.flatMap((part) => namesIn(field(part, 'value') ?? part));
  const name = nameOf(pattern);
  return typeof name === 'string' ? [name] : [];
}

/** The module that `source` of an import, export or import() names. */
function textOf(source: unknown): string | undefined {
  const value = field(source, 'value') ?? field(field(source, 'literal'), 'value');
  return typeof value === 'string' ? value : undefined;
}

/** A cycle in a graph as the nodes on it, first repeated at the end; undefined where there is none. */
export function cycleIn(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const search = (node: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const cycle = search(next, [...path, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = search(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}
