// The laws that every op obeys: its result is within its bound of the reference, its gradient is that of the reference, and so
// is its gradient's; and what cannot be computed is refused at the call.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asList, type Case, type Example, violation } from '../support/cases/case.ts';
import { nodeFor, valueOf } from '../support/cases/nodes.ts';
import { cases } from '../support/cases.ts';
import { threefry } from '../support/threefry.ts';

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const runs = (few: number): { numRuns: number } => ({ numRuns: isLong ? 20 * few : few });

/** What is wrong with the value of an example; undefined where nothing is. */
function wrongValue({ inputs, apply, reference, tolerance, label }: Example): string | undefined {
  const got = asList(apply(...inputs.map(nodeFor)));
  const truths = asList(reference(...inputs));
  if (got.length !== truths.length) return `${label}: ${got.length} results, not ${truths.length}`;
  for (const [i, truth] of truths.entries()) {
    const wrong = violation(valueOf(got[i]!), truth, tolerance, inputs);
    if (wrong) return `${label}: ${wrong}`;
  }
  return undefined;
}

const all: [string, Case][] = Object.entries(cases);

describe.each(all)('%s', (name, { examples, special, wrong }) => {
  test('is within its bound of the reference', () => {
    fc.assert(
      fc.property(examples, (example) => {
        expect(wrongValue(example)).toBeUndefined();
      }),
      runs(40),
    );
  });

  test.runIf(special)('is right at zeros, infinities, NaN and the ends of the range', () => {
    for (const example of special ?? []) expect(wrongValue(example)).toBeUndefined();
  });

  test.runIf(wrong.length > 0)('refuses what it cannot compute, and says which rule was broken and by what', () => {
    for (const { call, error } of wrong) {
      let thrown: unknown;
      try {
        call();
      } catch (caught) {
        thrown = caught;
      }
      expect(String(thrown), String(call)).toMatch(new RegExp(`^${error}: ${name}: [^;]+; got .+`, 's'));
    }
  });
});

test('the reference cipher gives the known answers of Random123', () => {
  expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
  expect(threefry([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0x1cb996fc, 0xbb002be7]);
  expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0]);
});
