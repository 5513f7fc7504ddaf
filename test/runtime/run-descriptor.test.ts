// The run descriptor: words that different threads write lie on different cache lines, and what a worker throws is read as it was.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as descriptor from '../../packages/runtime/dist/threads/run-descriptor.js';

const { descriptorWords, errorTextLength, nativeWord, reportError, reportedError, sleepersOf } = descriptor;

const doorbells = [descriptor.firstDoorbell, descriptor.othersDoorbell, descriptor.reserveDoorbell];
/** Words that are on a cache line of their own, with those that the same code writes. */
const groups = [
  ...doorbells.map((doorbell) => [doorbell, sleepersOf(doorbell)]),
  [descriptor.activeWord],
  [descriptor.closingWord],
  [descriptor.finishedRunWord, descriptor.finishedStatusWord],
  [
    descriptor.programWord,
    descriptor.controlWord,
    descriptor.tableWord,
    descriptor.scratchWord,
    descriptor.scratchStrideWord,
    descriptor.isSoonWord,
    descriptor.membersWord,
  ],
];

test('no two words share an address; words for different purposes share no cache line', () => {
  const words = groups.flat();
  expect(new Set(words).size).toBe(words.length);
  const lines = groups.map((group) => new Set(group.map((word) => word >> 4)));
  for (const line of lines) expect(line.size).toBe(1);
  expect(new Set(lines.flatMap((line) => [...line])).size).toBe(groups.length);
  expect(Math.max(...words)).toBeLessThan(descriptor.errorThreadWord);
});

test('the first error that threads report is read as it was, up to its longest text, beside the numbers of the threads', () => {
  const thread = fc.nat(8);
  /** any code units, in a text of any length */
  const text = fc
    .tuple(fc.nat(2 * errorTextLength), fc.nat())
    .map(([length, first]) => Array.from({ length }, (_, i) => String.fromCharCode(first + 7919 * i)).join(''));
  fc.assert(
    fc.property(fc.array(fc.record({ thread, message: text }), { maxLength: 3 }), (errors) => {
      const words = new Int32Array(descriptorWords(9));
      for (let i = 0; i < 9; i++) words[nativeWord(i)] = 100 + i;
      for (const error of errors) reportError(words, error);
      const [first] = errors;
      expect(reportedError(words)).toEqual(first && { ...first, message: first.message.slice(0, errorTextLength) });
      for (let i = 0; i < 9; i++) expect(words[nativeWord(i)]).toBe(100 + i);
    }),
  );
});
