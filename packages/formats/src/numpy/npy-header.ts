// The header of an npy file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): 6 bytes that are always the same, the
// version, the length of a text, and the text: a Python dict with the type of the elements, their order and the shape.

import { type Dtype, FormatError, type Shape, show } from '@treadle/tensor';
import { record } from '../bytes/little-endian.ts';
import type { Layout } from '../elements/element-reader.ts';
import type { ElementName } from '../elements/element-types.ts';
import { type PythonValue, parsePython } from './python-literal.ts';

/** 0x93 and NUMPY */
export const magic: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own limit is 10,000; a header without fields takes some hundred bytes. */
export const mostTextBytes: number = 2 ** 16;

const types: ReadonlyMap<string, ElementName> = new Map([
  ['b1', 'bool'],
  ['u1', 'uint8'],
  ['i1', 'int8'],
  ['u2', 'uint16'],
  ['i2', 'int16'],
  ['u4', 'uint32'],
  ['i4', 'int32'],
  ['u8', 'uint64'],
  ['i8', 'int64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
]);

/** What elements are that are no numbers of these types, by the letter of their kind. */
const others: Readonly<Record<string, string>> = {
  c: 'complex numbers',
  f: 'floats of the machine where it was written',
  M: 'dates',
  m: 'durations',
  O: 'Python objects',
  S: 'texts',
  U: 'texts',
  V: 'bytes without a type',
};

const codeOf: ReadonlyMap<ElementName, string> = new Map([...types].map(([code, name]) => [name, code]));

/** The header of an array in row-major order, filled up so that the elements begin at a multiple of 64. */
export function encodeNpyHeader(dtype: Dtype, shape: Shape): Uint8Array<ArrayBuffer> {
  const code = codeOf.get(dtype) ?? '';
  const order = code.endsWith('1') ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11);
  const prefix = Uint8Array.from([...magic, 1, 0]);
  const bytes = new TextEncoder().encode(`${padded}\n`);
  return record([], prefix, record([[2, bytes.length]]), bytes);
}

/** Reads the text of a header. `what` begins the message of a FormatError. */
export function decodeNpyHeader(what: string, bytes: Uint8Array, encoding: 'latin1' | 'utf-8'): Layout {
  const header = parse(what, bytes, encoding);
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((name) => header.get(name));
  if (header.size !== 3 || descr === undefined || order === undefined || shape === undefined) {
    const names = show([...header.keys()].map(String));
    throw new FormatError(`${what}the header must have descr, fortran_order and shape; got ${names}`);
  }
  if (typeof order !== 'boolean')
    throw new FormatError(`${what}fortran_order must be True or False; got ${show(order)}`);
  if (!isShape(shape))
    throw new FormatError(`${what}the shape must be a tuple of whole numbers ≥ 0; got ${show(shape)}`);
  return { shape, isFortranOrder: order, ...typeOf(what, descr) };
}

function parse(what: string, bytes: Uint8Array, encoding: string): ReadonlyMap<PythonValue, PythonValue> {
  try {
    const header = parsePython(new TextDecoder(encoding, { fatal: true }).decode(bytes));
    if (header instanceof Map) return header;
  } catch (cause) {
    throw new FormatError(`${what}the header must be a Python dict; got a text that is none`, { cause });
  }
  throw new FormatError(`${what}the header must be a Python dict; got another value`);
}

function isShape(x: PythonValue): x is readonly number[] {
  return Array.isArray(x) && x.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}

function typeOf(what: string, descr: PythonValue): Pick<Layout, 'type' | 'isBigEndian'> {
  const rule = `${what}elements must be bool, int8 … int64, uint8 … uint64 or float16 … float64`;
  if (Array.isArray(descr)) {
    const fields: readonly PythonValue[] = descr;
    const names = fields.map((field) => String(Array.isArray(field) ? field[0] : field));
    throw new FormatError(`${rule}; got records with the fields ${show(names)}; save each field on its own`);
  }
  const [, order, code = ''] = (typeof descr === 'string' ? /^([<>|=])(\w+)/.exec(descr) : null) ?? [];
  const type = typeof descr === 'string' && descr.length === code.length + 1 ? types.get(code) : undefined;
  if (type && (order !== '|' || code.endsWith('1'))) return { type, isBigEndian: order === '>' };
  const known = others[code.charAt(0)];
  throw new FormatError(`${rule}; got ${show(descr)}${known === undefined ? '' : `, ${known}`}`);
}
