// What TypeScript accepts and refuses. The type checker tests most of these lines; the expressions are not run.

import {
  type Expr,
  type Func,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  ModuleBuilder,
  memory,
  reinterpret,
  select,
  v128,
} from '@treadle/wasm';
import { expect, expectTypeOf, test } from 'vitest';

const int = i32.const(1);
const long = i64.const(1n);
const float = f32.const(1);
const floats = f32x4.const(1);
const ints = i32x4.const(1);

test('the type of an expression is the result type of its row', () => {
  expectTypeOf(i32.add(int, int)).toEqualTypeOf<Expr<'i32'>>();
  expectTypeOf(i64.eqz(long)).toEqualTypeOf<Expr<'i32'>>();
  expectTypeOf(f32x4.add(floats, 2)).toEqualTypeOf<Expr<'f32x4'>>();
  expectTypeOf(f32x4.lt(floats, floats)).toEqualTypeOf<Expr<'i32x4'>>();
  expectTypeOf(f32x4.splat(float)).toEqualTypeOf<Expr<'f32x4'>>();
  expectTypeOf(f32x4.extract_lane(0, floats)).toEqualTypeOf<Expr<'f32'>>();
  expectTypeOf(i16x8.extadd_pairwise_i8x16_u(i8x16.const(1))).toEqualTypeOf<Expr<'i16x8'>>();
  expectTypeOf(f32.store(int, float, 4)).toEqualTypeOf<Expr<'void'>>();
  expectTypeOf(memory['atomic.wait32'](int, int, long)).toEqualTypeOf<Expr<'i32'>>();
});

test('instructions of any vector follow their first operand', () => {
  expectTypeOf(v128.and(floats, floats)).toEqualTypeOf<Expr<'f32x4'>>();
  expectTypeOf(v128.xor(ints, -1)).toEqualTypeOf<Expr<'i32x4'>>();
  expectTypeOf(v128.bitselect(floats, 0, ints)).toEqualTypeOf<Expr<'f32x4'>>();
  expectTypeOf(v128.load('f64x2', int)).toEqualTypeOf<Expr<'f64x2'>>();
  expectTypeOf(v128.load32_lane(0, int, floats)).toEqualTypeOf<Expr<'f32x4'>>();
  expectTypeOf(i8x16.shuffle([], floats, floats)).toEqualTypeOf<Expr<'f32x4'>>();
  expectTypeOf(reinterpret('i32x4', floats)).toEqualTypeOf<Expr<'i32x4'>>();
  expectTypeOf(select(floats, floats, int)).toEqualTypeOf<Expr<'f32x4'>>();
});

test('an operand of another type is refused', () => {
  // @ts-expect-error a vector is no i32
  i32.add(floats, int);
  // @ts-expect-error an i32 is no vector
  f32x4.add(floats, int);
  // @ts-expect-error lanes of integers are not lanes of floats
  f32x4.add(floats, ints);
  // @ts-expect-error nor do they mix in an instruction of any vector
  v128.and(floats, ints);
  // @ts-expect-error a mask is a vector
  v128.bitselect(floats, floats, int);
  // @ts-expect-error both sides of a choice have one type
  select(floats, ints, int);
  // @ts-expect-error a condition is an i32
  select(floats, floats, long);
  // @ts-expect-error a scalar has no lanes to read anew
  reinterpret('i32x4', int);
  // @ts-expect-error a store leaves nothing to add
  i32.add(f32.store(0, float), int);
});

test('a number stands for a constant of its kind', () => {
  expectTypeOf(i64.add(long, 1n)).toEqualTypeOf<Expr<'i64'>>();
  // @ts-expect-error 64-bit integers are bigints
  i64.add(long, 1);
  // @ts-expect-error also as lanes
  i64x2.const([1, 2]);
  // @ts-expect-error and other numbers are not
  expect(() => f64.const(1n)).not.toThrow();
  // @ts-expect-error a scalar has one value
  expect(() => f32.const([1, 2])).toThrow();
  // @ts-expect-error v128 is a name of instructions, not of values
  expect(() => v128.const(1)).toThrow();
});

test('a wrong number of operands is refused', () => {
  // @ts-expect-error one short
  expect(() => i32.add(int)).not.toThrow();
  // @ts-expect-error one too many
  i32.clz(int, int);
  // @ts-expect-error a sum has no offset
  i32.add(int, int, 8);
  // @ts-expect-error a lane comes first
  f32x4.extract_lane(floats);
  // @ts-expect-error a load of any vector says of which
  v128.load(int);
  // @ts-expect-error no such instruction
  expect(() => f32x4.clz(floats)).toThrow();
});

test('functions know their parameters, locals and results', () => {
  const module = new ModuleBuilder();
  const half = module.func('half', ['f32'], 'f32', (f, x) => {
    expectTypeOf(x).toEqualTypeOf<Local<'f32'>>();
    // @ts-expect-error the result is an f32
    f.return(int);
    // @ts-expect-error and there must be one
    f.return();
    f.return(f32.mul(x, 0.5));
  });
  module.func('main', [], 'void', (f) => {
    expectTypeOf(f.call(half, float)).toEqualTypeOf<Expr<'f32'>>();
    // @ts-expect-error half takes an f32
    f.call(half, int);
    // @ts-expect-error half takes one operand
    expect(() => f.call(half)).not.toThrow();
    const local = f.local('i32', 7);
    expectTypeOf(f.let(floats)).toEqualTypeOf<Local<'f32x4'>>();
    // @ts-expect-error the local is an i32
    f.set(local, float);
    // @ts-expect-error from the start
    f.local('i32', float);
    // @ts-expect-error an expression cannot be assigned to
    f.set(int, int);
    // @ts-expect-error a condition is an i32
    f.if(float, () => {});
    // @ts-expect-error there is no result
    f.return(int);
    f.return();
    expectTypeOf(f).toExtend<FunctionBuilder>();
  });
  expectTypeOf(half).toExtend<Func<['f32'], 'f32'>>();
  expectTypeOf(half).not.toExtend<Func<['i32'], 'f32'>>();
});
