// The public interface as TypeDoc reads it from the sources: what is exported, what is said of it, and its examples.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../treadle/programs.ts';

/** An exported symbol, or a member of one. */
export interface Entry {
  /** `Tensor.add` */
  readonly name: string;
  /** TypeDoc's name of its kind: `Function`, `Method`, `Property` … */
  readonly kind: string;
  readonly isDocumented: boolean;
  /** the code of its examples */
  readonly examples: readonly string[];
}

interface Comment {
  readonly summary: readonly unknown[];
  readonly blockTags: readonly { readonly tag: string; readonly content: readonly { readonly text: string }[] }[];
}

interface Reflection {
  readonly name: string;
  readonly kind: number;
  readonly comment?: Comment;
  readonly children?: readonly Reflection[];
  readonly signatures?: readonly Reflection[];
  readonly getSignature?: Reflection;
  readonly inheritedFrom?: unknown;
}

/** Everything that `treadle` exports, with the members of classes and interfaces. Takes some seconds. */
export async function readReference(): Promise<Entry[]> {
  const docs = join(root, 'docs');
  const path = createRequire(join(docs, 'package.json')).resolve('typedoc');
  const { Application, ReflectionKind } = await import(pathToFileURL(path).href);
  const app = await Application.bootstrapWithPlugins({ options: docs, logLevel: 'Error' }, await readers(path));
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the sources');
  const entriesOf = (reflection: Reflection, prefix: string): Entry[] => {
    if (reflection.kind === ReflectionKind.Reference) return []; // the same under a second name
    const name = `${prefix}${reflection.name}`;
    const comments = commentsOf(reflection);
    const entry = {
      name,
      kind: String(ReflectionKind[reflection.kind]),
      isDocumented: comments.some(({ summary }) => summary.length > 0) || reflection.inheritedFrom !== undefined,
      examples: comments.flatMap(examplesIn),
    };
    return [entry, ...(reflection.children ?? []).flatMap((child) => entriesOf(child, `${name}.`))];
  };
  return project.children.flatMap((child: Reflection) => entriesOf(child, ''));
}

/** TypeDoc's readers of its own configuration and of tsconfig.json. */
async function readers(path: string): Promise<readonly unknown[]> {
  const { TypeDocReader, TSConfigReader } = await import(pathToFileURL(path).href);
  return [new TypeDocReader(), new TSConfigReader()];
}

function commentsOf({ comment, signatures = [], getSignature }: Reflection): Comment[] {
  return [comment, ...signatures.map((each) => each.comment), getSignature?.comment].filter(
    (each) => each !== undefined,
  );
}

function examplesIn({ blockTags }: Comment): string[] {
  const texts = blockTags
    .filter(({ tag }) => tag === '@example')
    .map(({ content }) => content.map(({ text }) => text).join(''));
  return texts.flatMap((text) => [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code));
}
