// The texts of the compiler's passes for a function of tensors, as the tests of fusion state them.

import { type ArgumentType, captureCall, type Recorded } from '@treadle/compiler';
import { makeGroups } from '../../packages/compiler/dist/fuse/make-groups.js';
import { materialize } from '../../packages/compiler/dist/fuse/materialize.js';
import { showGroups } from '../../packages/compiler/dist/inspect/show-groups.js';
import { showPhases } from '../../packages/compiler/dist/inspect/show-schedule.js';
import { optimize } from '../../packages/compiler/dist/optimize/optimize.js';
import { draft } from '../../packages/compiler/dist/schedule/draft.js';
import { type Capture, capture } from '../../packages/compiler/dist/trace/capture.js';
import { describeArguments } from '../../packages/tensor/dist/compile/describe-arguments.js';
import { recordCall } from '../../packages/tensor/dist/compile/recorded-call.js';

/** What the compiler makes a plan from for a call of `f`. */
export function captureOf<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): Capture {
  const make = (types: readonly ArgumentType[], recorded: Recorded): Capture =>
    optimize(capture(captureCall(types, recorded)));
  return recordCall(f, args, describeArguments(args).tensors, make).made;
}

/** The lines of showGroups, with stored entries numbered in the order in which the text names them first. */
export function groupsOf<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): readonly string[] {
  const captured = captureOf(f, ...args);
  const numbers = new Map<string, number>();
  const text = showGroups(captured, makeGroups(captured, materialize(captured))).replaceAll(/%\d+/g, (name) => {
    numbers.set(name, numbers.get(name) ?? numbers.size);
    return `%${numbers.get(name)}`;
  });
  return text.split('\n');
}

/** The plans that tests state are those of one instruction level, whatever the machine has. */
export const level = { bits: 256, fma: true } as const;

/** The lines of showPhases, without tiles, times and slots. */
export function phasesOf<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): readonly string[] {
  const { phases } = draft(captureOf(f, ...args), level);
  return showPhases(phases)
    .split('\n')
    .map((line) => line.split(': ')[0] ?? '');
}

/** The lines of a text in a test, without the indentation of its first line and the empty lines around it. */
export function lines(text: string): readonly string[] {
  const all = text.split('\n').slice(1, -1);
  const indent = all[0]?.search(/\S/) ?? 0;
  return all.map((line) => line.slice(indent));
}
