// A kind of layer, cell or constraint: its name, its positional arguments, its options, and what makes one. From these follow both
// ways to make one: a call, whose options are checked, and a config, which is read by the types of arguments and options. So a new
// kind is defined in its own file, and the exports of a folder are all that is needed to read its configs.

import { type Config, checkOptions } from '@treadle/tensor';

/** What a kind makes. */
export type Makes = 'layer' | 'recurrent layer' | 'cell' | 'constraint';

/** What a config may name inside of another one: what a kind makes, or an activation of the user's own. */
export type Nested = Makes | 'activation';

/**
 * Makes what a config inside of another config describes. Throws RangeError for a config of something else; an activation that is not of
 * the user's own is undefined.
 */
export type NestedReader = (config: Config, makes: Nested) => unknown;

/** The type of an argument or an option. */
export interface OptionType<T> {
  /** what a call may give, as readOptions checks it */
  readonly kind: 'boolean' | 'number' | 'string' | 'function' | 'numbers' | 'any';
  /** Further rules for what a call gives; `what` begins the message, as in 'dense: units'. */
  check?(what: string, value: unknown): void;
  /** The value that a config holds; undefined if it is of another type. */
  read(value: unknown, nested: NestedReader): T | undefined;
}

/** A type for each option of O. */
export type OptionTypes<O> = { readonly [N in keyof O]-?: OptionType<NonNullable<O[N]>> };

/** An argument: its name in a config, its type, and its default if it may be left out. */
export type Argument<T> = readonly [name: string, type: OptionType<T>, byDefault?: T];

/** What a kind is called with. */
export interface KindDefinition<A extends readonly unknown[], O> {
  /** the name in configs and messages, which is that of the function */
  readonly kind: string;
  /** the arguments in the order of the call */
  readonly arguments: { readonly [I in keyof A]-?: Argument<NonNullable<A[I]>> };
  /** the type of each option */
  readonly options: OptionTypes<O>;
}

/** What reads the configs of a kind. */
export interface KindReader<T> {
  readonly kind: string;
  readonly makes: Makes;
  /** Throws RangeError for an option of the wrong type. */
  fromConfig(config: Config, nested: NestedReader): T;
}

/** The function that users call, which can read configs as well. */
export type Kind<A extends readonly unknown[], O, T> = ((...given: [...positional: A, options?: O]) => T) &
  KindReader<T>;

interface Behaviour<A extends readonly unknown[], O, T> {
  readonly makes: Makes;
  /** Refuses arguments before they are looked at. */
  refuse?(given: readonly unknown[]): void;
  /** Makes one; the defaults of arguments are filled in. */
  make(given: Given<O>, ...values: [...positional: Required<A>, options: O]): T;
}

/** What one is made of. */
export interface Given<O> {
  readonly options: O;
  /** the arguments and options by their names, for a config */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The kind of a definition. */
export function defineKind<A extends readonly unknown[], O extends object, T>(
  definition: KindDefinition<NoInfer<A>, NoInfer<O>>,
  { makes, refuse, make }: Behaviour<A, O, T>,
): Kind<A, O, T> {
  const { kind } = definition;
  const positional: readonly Argument<unknown>[] = definition.arguments;
  const types: Types = new Map(Object.entries(definition.options));
  const areOptions = (options: unknown): options is O => {
    checkTypes(kind, types, options);
    return true;
  };
  const areComplete = (values: readonly unknown[]): values is [...positional: Required<A>, options: O] =>
    values.length === positional.length + 1;
  const makeOf = (given: readonly unknown[]): T => {
    refuse?.(given);
    const values = argumentsOf(kind, positional, given);
    const options = given[positional.length] === undefined ? {} : given[positional.length];
    if (!areOptions(options)) throw new Error('internal: unchecked options');
    const all = [...values, options];
    if (!areComplete(all)) throw new Error('internal: an argument is missing');
    const named = Object.fromEntries(positional.map(([name], i) => [name, values[i]]));
    return make({ options, data: { ...named, ...options } }, ...all);
  };
  return Object.assign((...given: [...positional: A, options?: O]) => makeOf(given), {
    kind,
    makes,
    fromConfig: (config: Config, nested: NestedReader) => makeOf(readConfig(positional, types, config, nested)),
  });
}

type Types = ReadonlyMap<string, OptionType<unknown>>;

/** The arguments of a call, checked, with their defaults. */
function argumentsOf(
  kind: string,
  positional: readonly Argument<unknown>[],
  given: readonly unknown[],
): readonly unknown[] {
  return positional.map(([name, type, byDefault], i) => {
    const value = given[i] === undefined ? byDefault : given[i];
    type.check?.(`${kind}: ${name}`, value);
    return value;
  });
}

/** Throws as readOptions does, and as the types do. */
function checkTypes(kind: string, types: Types, options: unknown): void {
  checkOptions(kind, options, Object.fromEntries([...types].map(([name, type]) => [name, type.kind])));
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value !== undefined) types.get(name)?.check?.(`${kind}: ${name}`, value);
  }
}

/** The arguments and options of a call that makes what the config describes. Throws RangeError for values of the wrong type. */
function readConfig(
  positional: readonly Argument<unknown>[],
  types: Types,
  config: Config,
  nested: NestedReader,
): readonly unknown[] {
  const read = (name: string, type: OptionType<unknown>): unknown => {
    const value = type.read(config[name], nested);
    if (value === undefined) throw wrongOption(config, name);
    return value;
  };
  const values = positional.map(([name, type, byDefault]) =>
    config[name] === undefined && byDefault !== undefined ? undefined : read(name, type),
  );
  const given = [...types].filter(([name]) => config[name] !== undefined);
  return [...values, Object.fromEntries(given.map(([name, type]) => [name, read(name, type)]))];
}

/** The error about an option of a config that has the wrong type. */
export function wrongOption(config: Config, option: string): RangeError {
  const got = JSON.stringify(config[option]);
  return new RangeError(`layerFrom: every option must have its type; got ${option} = ${got} for ${config.kind}`);
}
