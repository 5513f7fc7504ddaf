// A typed assembler: expressions and structured functions in, the bytes of a WebAssembly module out.

export { type Address, address, type Distance } from './address.ts';
export {
  type ConstantValue,
  type Expr,
  type ExprNode,
  f32,
  f32x4,
  f64,
  f64x2,
  type InstructionName,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  instruction,
  memory,
  type Operand,
  reinterpret,
  type Signature,
  select,
  v128,
} from './expression.ts';
export { type Func, FunctionBuilder, type Label, type Local, type Statement } from './function.ts';
export { instructions } from './instructions.ts';
export { type Integer, integer, type Whole } from './integer.ts';
export { internalName, type MemoryImport, ModuleBuilder, type TableImport } from './module.ts';
export { type AddressType, addressType, type ResultType, type Scalar, type ValueType, type Vector } from './types.ts';
