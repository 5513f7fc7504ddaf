// Damaged and malicious files: they give a result or one of our own errors, take no more memory than the header states,
// and never give an error message as long as the data.

import { gzipSync } from 'node:zlib';
import { decodeIdx, FormatError, parseCsv } from '@treadle/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutated, mutations } from '../support/mutated.ts';
import { csvRecords } from './csv-records.ts';

const runs = process.env.TREADLE_TEST_LONG ? 1_000_000 : 10_000;
const timeout = process.env.TREADLE_TEST_LONG ? 1_200_000 : 60_000;

const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
const csv = Buffer.from('# a\nid,size,"ki""nd"\n1,2.5,"a\r\nb"\n-3,1e-7, é\n', 'utf8');

/** Calls `read`. An error must be one of ours, with a short message. */
function readsOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error;
    expect(error.message).toMatch(/^(csv|idx): /);
    expect(error.message.length).toBeLessThan(1000);
  }
}

describe('mutated bytes give a result or one of our errors', () => {
  test.each([
    ['an IDX file', idx, decodeIdx],
    ['a gzip IDX file', gzipSync(idx), decodeIdx],
  ])('%s', { timeout }, (_, bytes, read) => {
    const property = fc.property(mutations, (changes) => readsOrRefuses(() => read(mutated(bytes, changes))));
    fc.assert(property, { numRuns: runs });
  });

  test('a CSV text', { timeout }, () => {
    const property = fc.property(mutations, fc.constantFrom('', '#'), fc.boolean(), (changes, comment, header) => {
      const text = Buffer.from(mutated(csv, changes)).toString();
      readsOrRefuses(() => {
        parseCsv(text, { comment, header }).numbers([0, 1]);
      });
    });
    fc.assert(property, { numRuns: runs });
  });
});

describe('a gzip IDX file is inflated to the length that its header states, and no further', () => {
  const header = (count: number): Uint8Array => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, count);

  test('a longer file is refused without inflating all of it', () => {
    const bomb = gzipSync(Buffer.concat([header(10), new Uint8Array(2 ** 26)]));
    const { arrayBuffers } = process.memoryUsage();
    expect(() => decodeIdx(bomb)).toThrow(
      /^idx: an array \[10\] of uint8 must take 18 bytes with its header; got more; the file is longer than its header says$/,
    );
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(2 ** 25);
  });

  test('a file whose bytes cannot contain that many elements is refused before it is inflated', () => {
    const promise = Uint8Array.of(0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255);
    expect(() => decodeIdx(gzipSync(promise))).toThrow(/; got fewer; the file is cut short$/);
    expect(() => decodeIdx(promise)).toThrow(/; got 12; the file is cut short$/);
  });

  test('a shorter file is refused', () => {
    expect(() => decodeIdx(gzipSync(Buffer.concat([header(10), Uint8Array.of(1, 2)])))).toThrow(
      'an array [10] of uint8 must take 18 bytes with its header; got 10; the file is cut short',
    );
    const whole = Buffer.concat([header(3), Uint8Array.of(4, 5, 6)]);
    expect([...decodeIdx(gzipSync(whole)).values]).toEqual([4, 5, 6]);
  });

  test('an array with an axis of length 0 is empty, however long the other axes are', () => {
    const many = Array.from({ length: 60 }, () => [255, 255, 255, 255]).flat();
    expect(decodeIdx(Uint8Array.of(0, 0, 8, 61, ...many, 0, 0, 0, 0)).values).toHaveLength(0);
  });
});

describe('an error message is short, however long the value is', () => {
  const long = 'x'.repeat(1_000_000);
  const names = Array.from({ length: 100_000 }, (_, i) => `${i}`);
  test.each<[string, () => unknown]>([
    ['a field', () => parseCsv(long).numbers()],
    ['the name of a column', () => parseCsv(`${long},b\n1,x`, { header: true }).numbers([long, 'b'])],
    ['a column that does not exist', () => parseCsv('1').numbers([long])],
    ['all names of columns', () => parseCsv(names.join()).numbers(['z'])],
    ['classes', () => parseCsv('z').classes(0, names)],
    ['a delimiter', () => csvRecords(`1${long}2\n3`, { delimiter: long })],
    ['a quote', () => csvRecords(`${long}1`, { quote: long })],
    ['the lengths of 255 axes', () => decodeIdx(Uint8Array.of(0, 0, 8, 255, ...new Array(4 * 255).fill(255)))],
  ])('%s', (_, refused) => {
    expect(refused).toThrow(/^(csv|idx): /);
    let message = '';
    try {
      refused();
    } catch (error) {
      message = String(error);
    }
    expect(message.length).toBeLessThan(1000);
  });
});
