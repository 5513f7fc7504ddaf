// The types of plain options: numbers, texts, flags, shapes. A type says what a call may give and how a config is read.

import { type Axes, checkNumber, type Pair } from '@treadle/tensor';
import { checkCount } from '../layer/check-count.ts';
import { checkInputShape, isOpenShape, type OpenShape } from '../layer/open-shape.ts';
import type { OptionType } from './kind.ts';

function typeOf<T>(kind: OptionType<T>['kind'], isRight: (value: unknown) => value is T): OptionType<T> {
  return { kind, read: (value) => (isRight(value) ? value : undefined) };
}

const isNumber = (x: unknown): x is number => typeof x === 'number';
const isNumbers = (x: unknown): x is readonly number[] => Array.isArray(x) && x.every(isNumber);

/** Two values of a kind, in an array. */
export function isPairOf<T>(x: unknown, isRight: (value: unknown) => value is T): x is readonly [T, T] {
  return Array.isArray(x) && x.length === 2 && x.every(isRight);
}

export const number: OptionType<number> = typeOf('number', isNumber);

export const text: OptionType<string> = typeOf('string', (x) => typeof x === 'string');

export const flag: OptionType<boolean> = typeOf('boolean', (x) => typeof x === 'boolean');

export const numbers: OptionType<readonly number[]> = typeOf('numbers', isNumbers);

/** A whole number ≥ 1. */
export const count: OptionType<number> = { ...number, check: (what, n) => checkCount(what, n) };

/** A number, for an argument: options are checked by their kind. */
export const checkedNumber: OptionType<number> = { ...number, check: checkNumber };

/** A number or an array of numbers. */
export const axes: OptionType<NonNullable<Axes>> = typeOf(
  'any',
  (x): x is NonNullable<Axes> => isNumber(x) || isNumbers(x),
);

/** A number, or one for each of two axes. */
export const pair: OptionType<Pair> = typeOf('any', (x): x is Pair => isNumber(x) || isPairOf(x, isNumber));

/** One of some names, which the layer checks itself when it is called. */
export function oneOf<const T extends string>(names: readonly T[]): OptionType<T> {
  return typeOf('any', (x): x is T => names.some((name) => name === x));
}

/** A type that the layer checks itself when it is called. */
export function anything<T>(isRight: (value: unknown) => value is T): OptionType<T> {
  return typeOf('any', isRight);
}

export const openShape: OptionType<OpenShape> = {
  ...typeOf('any', (x): x is OpenShape => isOpenShape(x)),
  check: (what, shape) => checkInputShape(what, shape),
};
