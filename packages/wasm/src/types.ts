// The types of values. WebAssembly has one vector type, v128; here it has a type for each reading of its lanes, so that
// TypeScript tells a vector of floats from a vector of integers. All of them encode as v128.

export type Scalar = 'i32' | 'i64' | 'f32' | 'f64';
export type Vector = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2';
export type ValueType = Scalar | Vector;
/** What an expression leaves behind: a value, or nothing (a store, a call of a function without result). */
export type ResultType = ValueType | 'void';

/**
 * The type of an address, and of a distance in bytes between two. Memory of more than 4 GiB takes 'i64' here, which is the whole
 * switch for the code that is written over `Address` (address.ts).
 */
export type AddressType = 'i32';
export const addressType: AddressType = 'i32';

/** How many numbers a value holds. */
export const laneCounts: Readonly<Record<ValueType, number>> = {
  i32: 1,
  i64: 1,
  f32: 1,
  f64: 1,
  i8x16: 16,
  i16x8: 8,
  i32x4: 4,
  i64x2: 2,
  f32x4: 4,
  f64x2: 2,
};

export function isValueType(name: string): name is ValueType {
  return name in laneCounts;
}

export function isVector(type: ValueType): type is Vector {
  return laneCounts[type] > 1;
}
