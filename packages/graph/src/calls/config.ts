// Configs: how something was made, as plain data that JSON can hold: the name of the function that made it, and what that was called
// with. Losses, metrics, optimizers and schedules have one, so that they can be saved with a model and made again; layers likewise.

/** Something as plain data: its kind, which is the name of the function that makes it, and the arguments and options of that. */
export interface Config {
  /** such as 'dense' or 'adam' */
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** What knows how it was made. */
export interface Configured {
  /** how it was made; throws RangeError for an option that cannot be saved, such as a function of the user */
  readonly config?: () => Config;
}

/** A function that makes a T of arguments that it checks itself. */
export type MakerOf<T> = { make(...given: readonly unknown[]): T }['make'];

/** Whether it is a config of some kind. */
export function isConfig(x: unknown): x is Config {
  return typeof x === 'object' && x !== null && 'kind' in x && typeof x.kind === 'string';
}

/** What was made, with its config: the function of this name made it of these arguments and options. */
export function withConfig<T extends object>(made: T, kind: string, data: object): T & Required<Configured> {
  return Object.assign(made, { config: () => configOf(kind, data) });
}

/**
 * The arguments and options as plain data; those that are undefined are left out. What has a config itself is given by that. Throws
 * RangeError for functions of the user, and for numbers that JSON cannot hold.
 */
export function configOf(kind: string, data: object): Config {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  return { kind, ...Object.fromEntries(entries.map(([option, value]) => [option, plain(kind, option, value)])) };
}

function plain(kind: string, option: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => plain(kind, option, each));
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`${kind}: ${option} must be a finite number to be saved; got ${value}`);
  }
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    if ('config' in value && typeof value.config === 'function') return value.config();
    if (isPlain(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(kind, option, each)]));
    }
    throw new RangeError(`${kind}: ${option} must be a name, or made by this package, to be saved; got a custom one`);
  }
  return value;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
