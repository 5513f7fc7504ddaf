// A plugin for TypeDoc. The methods of Tensor have their types and their documentation from functions (tensor/src/methods.ts), by a
// mapped type. TypeDoc does not follow it to the documentation of those that are declared as functions, so it is copied here.

import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';
import ts from 'typescript';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, member) => {
    if (member.parent?.name !== 'Tensor' || member.kind !== ReflectionKind.Property || member.hasComment()) return;
    const symbol = context.getSymbolFromReflection(member);
    if (symbol) member.comment = commentOf(symbol, context.checker);
  });
}

/**
 * @param {ts.Symbol} symbol
 * @param {ts.TypeChecker} checker
 */
function commentOf(symbol, checker) {
  const summary = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const tags = symbol
    .getJsDocTags(checker)
    .map(({ name, text }) => new CommentTag(`@${name}`, [{ kind: 'text', text: ts.displayPartsToString(text) }]));
  return summary ? new Comment([{ kind: 'text', text: summary }], tags) : undefined;
}
