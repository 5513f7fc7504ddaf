// The types of values. WebAssembly has one vector type, v128; here there is a type for each kind of lanes, so that TypeScript tells a
// vector of floats from a vector of integers. All of them are encoded as v128.

/** A number. */
export type Scalar = 'i32' | 'i64' | 'f32' | 'f64';
/** 128 bits, by the lanes that they are read as. */
export type Vector = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2';
/** The type of a local, a parameter or a constant. */
export type ValueType = Scalar | Vector;
/** What an expression leaves: a value, or nothing (a store, a call of a function without result). */
export type ResultType = ValueType | 'void';

/**
 * The type of an address, and of a distance in bytes between two. Memory of more than 4 GiB takes 'i64' here, which is the whole
 * switch for the code that is written over `Address` (address.ts).
 */
export type AddressType = 'i32';
export const addressType: AddressType = 'i32';

/** The number of lanes of a value; 1 for a scalar. */
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

/** Whether a name is that of a value type. */
export function isValueType(name: string): name is ValueType {
  return name in laneCounts;
}

/** Whether a type is a vector. */
export function isVector(type: ValueType): type is Vector {
  return laneCounts[type] > 1;
}
