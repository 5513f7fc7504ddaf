// Damaged bytes, for laws about what readers of files do with them.

import fc from 'fast-check';

interface Mutation {
  readonly kind: 'set' | 'cut' | 'insert' | 'repeat';
  readonly at: number;
  readonly byte: number;
}

/** One to four changes: a byte set, the rest cut off, a byte inserted, the rest repeated. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'cut', 'insert', 'repeat'),
    at: fc.nat(2 ** 16),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0xff, 10, 13, 34, 44)),
  }),
  { minLength: 1, maxLength: 4 },
);

/** The bytes with these changes, one after the other. */
export function mutated(bytes: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce<Uint8Array>((before, { kind, at, byte }) => {
    const position = at % (before.length + 1);
    const [head, tail] = [before.subarray(0, position), before.subarray(position)];
    if (kind === 'cut') return head;
    if (kind === 'insert') return Buffer.concat([head, Uint8Array.of(byte), tail]);
    if (kind === 'repeat') return Buffer.concat([head, tail, tail]);
    const after = before.slice();
    if (position < after.length) after[position] = byte;
    return after;
  }, bytes);
}
