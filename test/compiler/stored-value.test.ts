// Memory of values: small values are evicted for large ones, and keep their elements.

import { expect, test } from 'vitest';
import { StoredValue } from '../../packages/compiler/dist/values/stored-value.js';

test('small values between two gaps are evicted for a value as large as both', () => {
  const gibibyte = 2 ** 28; // in elements
  const large: StoredValue[] = [];
  const small: StoredValue[] = [];
  for (let i = 0; i < 3; i++) {
    large.push(StoredValue.allocate(gibibyte, 'float32'));
    small.push(StoredValue.fixed(2, 'float32', (to) => to.set([i, -i])));
  }
  for (const value of large) value.drop();
  const whole = StoredValue.allocate(2.5 * gibibyte, 'float32');
  small.forEach((value, i) => {
    expect(value.read()).toEqual(Float32Array.of(i, -i));
    expect(value.address()).toBeGreaterThan(0); // it is there again for a run
    expect(value.read()).toEqual(Float32Array.of(i, -i));
  });
  whole.drop();
  for (const value of small) value.drop();
});

test('full memory is an error that says how much there is, and the next value finds room', () => {
  const half = StoredValue.allocate(2 ** 29, 'float32');
  expect(() => StoredValue.allocate(2 ** 30, 'float32')).toThrow(
    /^memory: no room for 4294967296 bytes; \d+ bytes are in use of the memory, which is at most 4294967296 bytes$/,
  );
  StoredValue.allocate(1000, 'float32').drop();
  half.drop();
});
