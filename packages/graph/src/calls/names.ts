// Names that stand for functions, such as 'relu' or 'adam'. They are looked up in a table, usually the module that exports the
// functions, so that no list of names is written by hand.

import { show } from './show.ts';

/** Whether the table has an entry of that name. */
export function isNameIn<T extends object>(table: T, name: unknown): name is keyof T & string {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** The name itself. Throws RangeError, which lists the names, when the table has none; `what` begins the message. */
export function checkName<T extends object>(what: string, table: T, name: unknown): keyof T & string {
  if (isNameIn(table, name)) return name;
  throw new RangeError(`${what}: the name must be one of ${Object.keys(table).join(', ')}; got ${show(name)}`);
}

/** The entry of that name. Throws as checkName does. */
export function byName<T extends object>(what: string, table: T, name: unknown): T[keyof T & string] {
  return table[checkName(what, table, name)];
}
