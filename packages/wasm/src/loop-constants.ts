// The vector constants that loops use. V8 builds a vector constant with several instructions wherever it occurs, in every round of
// a loop (seen in Node 24 and 26: an `exp` kernel takes half the time without that). So a constant in a loop becomes a local
// that is set once, when the function is entered. All zeros and all ones cost one instruction and stay in place.

import type { ConstantValue, Expr } from './expression.ts';
import type { Statement } from './function.ts';
import { isVector, type ResultType, type Vector } from './types.ts';

/** A vector constant inside a loop. */
export interface LoopConstant {
  readonly type: Vector;
  readonly value: ConstantValue;
}

/** Equal for equal constants; −0 differs from 0. */
export function constantKey(type: ResultType, value: ConstantValue): string {
  const lanes = typeof value === 'object' ? value : [value];
  return `${type} ${lanes.map((lane) => (Object.is(lane, -0) ? '-0' : String(lane)))}`;
}

/** The vector constants inside loops, each once, by key. */
export function loopConstants(body: readonly Statement[]): ReadonlyMap<string, LoopConstant> {
  const found = new Map<string, LoopConstant>();
  for (const statement of body) visitStatement(statement, false, found);
  return found;
}

function visitStatement(s: Statement, inLoop: boolean, found: Map<string, LoopConstant>): void {
  switch (s.kind) {
    case 'local.set':
    case 'do':
      if (inLoop) visitExpression(s.value, found);
      break;
    case 'block':
      for (const inner of s.body) visitStatement(inner, inLoop || s.label.kind === 'loop', found);
      break;
    case 'if':
      if (inLoop) visitExpression(s.condition, found);
      for (const inner of [...s.body, ...s.otherwise]) visitStatement(inner, inLoop, found);
      break;
    case 'br':
      if (inLoop && s.condition) visitExpression(s.condition, found);
      break;
    default:
  }
}

function visitExpression({ node }: Expr<ResultType>, found: Map<string, LoopConstant>): void {
  switch (node.kind) {
    case 'const': {
      const { type, value } = node;
      if (!isVector(type) || isCheap(type, value)) return;
      const key = constantKey(type, value);
      if (!found.has(key)) found.set(key, { type, value });
      return;
    }
    case 'local.get':
      return;
    default:
      for (const arg of node.args) visitExpression(arg, found);
  }
}

function isCheap(type: Vector, value: ConstantValue): boolean {
  const lanes = typeof value === 'object' ? value : [value];
  const isAll = (bits: number): boolean => lanes.every((lane) => Object.is(Number(lane), bits));
  return isAll(0) || (type.startsWith('i') && isAll(-1));
}
