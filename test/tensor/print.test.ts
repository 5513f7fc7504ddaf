// Printing, beside what NumPy 2.4 prints for the same values (its `True` and `False` are `true` and `false` here).

import { inspect } from 'node:util';
import { arange, linspace, ones, type Tensor, tensor, zeros } from '@treadle/tensor';
import { expect, test } from 'vitest';

const { NaN, POSITIVE_INFINITY: inf } = Number;

/** What stands after the line with shape and dtype. */
const body = (t: Tensor): string => String(t).split('\n').slice(1).join('\n');

test.each<[Tensor, string]>([
  [
    tensor([
      [1, 2],
      [3, 4],
    ]),
    '[[1. 2.]\n [3. 4.]]',
  ],
  [tensor([0.1, 0.25, 3]), '[0.1  0.25 3.  ]'],
  [tensor([0.5, 100.25, -3]), '[  0.5  100.25  -3.  ]'],
  [tensor([1 / 3, 2 / 3]), '[0.33333334 0.6666667 ]'],
  [tensor([0.1234567891, 10.5]), '[ 0.12345679 10.5       ]'],
  [tensor([1, 2.5, NaN, -3.25e-3]), '[ 1.       2.5          nan -0.00325]'],
  [tensor([NaN, inf, -inf, 1.5]), '[ nan  inf -inf  1.5]'],
  [tensor([1, -inf]), '[  1. -inf]'],
  [tensor([NaN, NaN]), '[nan nan]'],
  [tensor([-0, 1]), '[-0.  1.]'],
  [tensor([0, 0]), '[0. 0.]'],
  [tensor([0.0001, 0.05]), '[0.0001 0.05  ]'],
  [tensor([123456.7, 1000]), '[123456.7   1000. ]'],
  [tensor([1000, 1]), '[1000.    1.]'],
  [tensor([1001, 1]), '[1.001e+03 1.000e+00]'],
  [tensor([1e-5, 1]), '[1.e-05 1.e+00]'],
  [tensor([1e8, 1]), '[1.e+08 1.e+00]'],
  [tensor([1e20, 2.5e20]), '[1.0e+20 2.5e+20]'],
  [tensor([123456.789, 0.001]), '[1.2345679e+05 1.0000000e-03]'],
  [tensor([99999992, 99999992 * 1.5]), '[9.9999992e+07 1.4999998e+08]'],
  [tensor([1e-45, 3.4e38]), '[1.4e-45 3.4e+38]'],
  [tensor([0, -inf, 1e-9]), '[0.e+00   -inf 1.e-09]'],
  [
    tensor(
      [
        [1, -20],
        [300, 4],
      ],
      { dtype: 'int32' },
    ),
    '[[  1 -20]\n [300   4]]',
  ],
  [tensor([true, false]), '[ true false]'],
  [tensor([]), '[]'],
  [zeros([2, 0]), '[]'],
  [arange(8).reshape([2, 2, 2]), '[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]'],
  [
    arange(30).cast('float32'),
    '[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]',
  ],
  [
    linspace(0, 1, 30).reshape([2, 15]).slice([0], [1]),
    '[[0.         0.03448276 0.06896552 0.10344828 0.13793103 0.1724138\n  0.20689656 0.2413793  0.27586207 0.31034482 0.3448276  0.37931034\n  0.41379312 0.44827586 0.4827586 ]]',
  ],
  [arange(1001), '[   0    1    2 ...  998  999 1000]'],
  [
    arange(1200).reshape([300, 2, 2]),
    '[[[   0    1]\n  [   2    3]]\n\n [[   4    5]\n  [   6    7]]\n\n [[   8    9]\n  [  10   11]]\n\n ...\n\n [[1188 1189]\n  [1190 1191]]\n\n [[1192 1193]\n  [1194 1195]]\n\n [[1196 1197]\n  [1198 1199]]]',
  ],
])('prints as NumPy does: case %#', (t, expected) => {
  expect(body(t)).toBe(expected);
});

test.each<[number, string]>([
  [3.5, '3.5'],
  [100000, '100000.0'],
  [-0, '-0.0'],
  [1 / 3, '0.33333334'],
  [1e10, '1e+10'],
  [9.9e-5, '9.9e-05'],
  [12345678, '1.2345678e+07'],
  [NaN, 'nan'],
  [-inf, '-inf'],
])('prints %f alone as NumPy does', (x, expected) => {
  expect(String(tensor(x))).toBe(`Tensor [] float32 ${expected}`);
});

test('shape and dtype come first, and console.log shows the same', () => {
  const t = ones([2, 3], { dtype: 'int32' });
  expect(String(t)).toBe('Tensor [2, 3] int32\n[[1 1 1]\n [1 1 1]]');
  expect(inspect(t)).toBe(String(t));
  expect(String(tensor(true))).toBe('Tensor [] bool true');
  expect(String(tensor(7, { dtype: 'int32' }))).toBe('Tensor [] int32 7');
});
