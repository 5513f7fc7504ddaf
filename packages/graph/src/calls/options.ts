// Checks of arguments that are not tensors: options by name and kind, numbers, functions, arrays. Each function has a table of its
// options. The table's type follows from their interface, so that a missing or surplus name does not compile.

import { nearest } from './nearest.ts';
import { show } from './show.ts';

type KindOf<T> = T extends boolean
  ? 'boolean'
  : T extends number
    ? 'number'
    : T extends string
      ? string extends T
        ? 'string'
        : 'any'
      : T extends (...args: never[]) => unknown
        ? 'function'
        : T extends readonly number[]
          ? 'numbers'
          : 'any';

/** The kind, if there is only one; otherwise 'any'. */
type Only<K, All = K> = K extends unknown ? ([All] extends [K] ? K : 'any') : never;

type Kind = 'boolean' | 'number' | 'string' | 'function' | 'numbers' | 'any';

/** The kind of each option of O. 'any' is for an option of several kinds, or one of some names; the function checks it itself. */
export type OptionKinds<O> = { readonly [N in keyof O]-?: Only<KindOf<NonNullable<O[N]>>> };

const rules: Readonly<Record<Kind, string>> = {
  boolean: 'true or false',
  number: 'a number',
  string: 'a text',
  function: 'a function',
  numbers: 'an array of numbers',
  any: 'anything',
};

/**
 * The options themselves, after checks. An option that is undefined counts as absent.
 *
 * @throws RangeError for a name that `kinds` does not have, with the nearest name as a hint; TypeError for a value of another kind,
 * and unless they are a plain object.
 */
export function readOptions<O extends object>(op: string, given: O, kinds: OptionKinds<O>): O {
  checkOptions(op, given, kinds);
  return given;
}

/** The same check as a type guard, for an argument whose type is not known. It returns true or throws. */
export function areOptions<O extends object>(op: string, given: unknown, kinds: OptionKinds<O>): given is O {
  checkOptions(op, given, kinds);
  return true;
}

/** Checks options as readOptions does, by a table whose type does not depend on that of the options. */
export function checkOptions(op: string, given: unknown, kinds: Readonly<Record<string, unknown>>): void {
  if (!isPlain(given)) throw noOptions(op, given, kinds);
  for (const name in given) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw unknownName(`${op}: unknown option`, name, Object.keys(kinds));
    const value = given[name];
    if (kind === 'any' || value === undefined || typeof value === kind) continue;
    if (kind === 'numbers' && isNumbers(value)) continue;
    throw new TypeError(`${op}: ${name} must be ${isKind(kind) ? rules[kind] : 'right'}; got ${show(value)}`);
  }
}

/** Whether x is an object without a class, of this realm or another. */
function isPlain(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== 'object' || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && Object.hasOwn(rules, kind);
}

function noOptions(op: string, given: unknown, kinds: Readonly<Record<string, unknown>>): TypeError {
  const [first] = Object.keys(kinds);
  const named = ['activation', 'dtype', 'reduction'].find((name) => Object.hasOwn(kinds, name));
  const hint =
    typeof given === 'string' && named !== undefined
      ? `; did you mean { ${named}: ${show(given)} }?`
      : first === undefined || typeof given === 'object'
        ? ''
        : `; they are given by name, such as { ${first}: … }`;
  return new TypeError(`${op}: options must be an object; got ${show(given)}${hint}`);
}

/** `what "nmae"; did you mean "name"?`, or the list of known names where none is near. */
export function unknownName(what: string, name: string, known: readonly string[]): RangeError {
  const near = nearest(name, known);
  const hint =
    near === undefined
      ? known.length === 0
        ? 'there is none'
        : `it must be one of ${known.join(', ')}`
      : `did you mean ${show(near)}?`;
  return new RangeError(`${what} ${show(name)}; ${hint}`);
}

function isNumbers(x: unknown): x is readonly number[] {
  return Array.isArray(x) && x.every((each) => typeof each === 'number');
}

/** Throws TypeError unless x is a number; `what` begins the message, as in 'clip: low'. */
export function checkNumber(what: string, x: unknown): void {
  if (typeof x !== 'number') throw new TypeError(`${what} must be a number; got ${show(x)}`);
}

/** Throws TypeError unless x is an array of numbers; `hint` ends the message. */
export function checkNumbers(what: string, x: unknown, hint = ''): void {
  if (!isNumbers(x)) throw new TypeError(`${what} must be an array of numbers; got ${show(x)}${hint}`);
}

/** Throws TypeError unless x is a function. */
export function checkFunction(what: string, x: unknown): void {
  if (typeof x !== 'function') throw new TypeError(`${what} must be a function; got ${show(x)}`);
}

/** Throws TypeError unless x is an array; `hint` ends the message. */
export function checkArray(what: string, x: unknown, hint = ''): void {
  if (!Array.isArray(x)) throw new TypeError(`${what} must be an array; got ${show(x)}${hint}`);
}
