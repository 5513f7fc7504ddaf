// pad of tensors so large that only what lies around them is filled.

import { shutdown, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

afterAll(shutdown);

const width = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }));

test('pad puts a large tensor at its place, and the value around it', () => {
  fc.assert(
    fc.property(fc.tuple(width, width, width), fc.constantFrom(0, -3), (widths, value) => {
      const shape = [17, 70, 60] as const;
      const [a, b, c] = shape;
      const x = tensor(
        Float32Array.from({ length: a * b * c }, (_, i) => i + 1),
        { shape },
      );
      const [p = 0, q = 0, r = 0] = shape.map((extent, i) => widths[i]![0] + extent + widths[i]![1]);
      const got = x.pad(widths, value).data();
      expect(got.length).toBe(p * q * r);
      let wrong = 0;
      got.forEach((element, at) => {
        const [i, j, k] = [Math.floor(at / (q * r)), Math.floor(at / r) % q, at % r];
        const [u, v, w] = [i - widths[0][0], j - widths[1][0], k - widths[2][0]];
        const isInside = u >= 0 && u < a && v >= 0 && v < b && w >= 0 && w < c;
        if (element !== (isInside ? (u * b + v) * c + w + 1 : value)) wrong++;
      });
      expect(wrong).toBe(0);
    }),
    { numRuns: 20 },
  );
});
