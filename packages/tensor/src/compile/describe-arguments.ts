// The arguments of a call as a text, which is equal for two calls that can share a recording. Tensors count by shape and dtype, all
// else by value or identity. So calls that f could tell apart have different texts; private state of objects is the exception.

import { type Node, newWalk } from '@treadle/graph';
import { checkDepth, isPlainObject } from '../map-tensors.ts';
import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';

export interface Described {
  /** equal for arguments that can share a recording */
  readonly key: string;
  /** the inputs of the plan, each tensor once */
  readonly tensors: readonly Tensor[];
}

/** Throws TypeError for an argument whose changes would not be seen, such as a typed array; RangeError for one that contains itself. */
export function describeArguments(args: readonly unknown[]): Described {
  const description = new Description(showType);
  return { key: description.ofAll(args), tensors: description.tensors };
}

/** A text that is equal for arguments that differ at most in one size of their tensors: `size` along an axis. */
export function describeOpenArguments(
  args: readonly unknown[],
  open: { readonly axis: number; readonly size: number },
): string {
  const description = new Description(({ dtype, shape }) => {
    return `${dtype}[${shape.map((extent, axis) => (axis === open.axis && extent === open.size ? 'n' : extent))}]`;
  });
  return description.ofAll(args);
}

/** A text for each argument, which describes everything but its tensors. */
export function describeValues(args: readonly unknown[]): readonly string[] {
  const description = new Description(() => 'tensor');
  return args.map((arg, i) => description.of(arg, i));
}

function showType({ node }: Tensor): string {
  let text: string = node.dtype;
  for (const extent of node.shape) text += `,${extent}`;
  return text;
}

const identities = new WeakMap<object, number>();
let identitiesGiven = 0;

function identityOf(x: object): number {
  let id = identities.get(x);
  if (id === undefined) {
    id = ++identitiesGiven;
    identities.set(x, id);
  }
  return id;
}

class Description {
  readonly tensors: Tensor[] = [];
  readonly #show: (t: Tensor) => string;
  readonly #walk = newWalk();
  #argument = 0;
  #depth = 0;
  /** objects with a class that were described already, if any */
  #seen: Set<object> | undefined;

  constructor(show: (t: Tensor) => string) {
    this.#show = show;
  }

  ofAll(args: readonly unknown[]): string {
    let text = '';
    for (let i = 0; i < args.length; i++) text += `${this.of(args[i], i)};`;
    return text;
  }

  of(x: unknown, argument: number): string {
    this.#argument = argument;
    return this.#describe(x);
  }

  #describe(x: unknown): string {
    if (x instanceof Variable) return `variable ${identityOf(x)}`;
    if (x instanceof Tensor) return this.#tensor(x, x.node);
    if (Array.isArray(x)) return this.#within(x, this.#list);
    if (isPlainObject(x)) return this.#within(x, this.#fields);
    if (typeof x === 'function') return this.#object(x, `function ${identityOf(x)}`);
    if (typeof x === 'object' && x !== null) return this.#objectWithClass(x);
    if (typeof x === 'string') return JSON.stringify(x);
    if (typeof x === 'symbol') throw this.#refusal('a symbol', 'a string says as much');
    return Object.is(x, -0) ? 'number -0' : `${typeof x} ${String(x)}`;
  }

  /** A tensor that is given twice is one input: f may tell that both are the same. */
  #tensor(t: Tensor, node: Node): string {
    if (node.walk === this.#walk) return `same as ${node.mark}`;
    node.walk = this.#walk;
    node.mark = this.tensors.push(t) - 1;
    return this.#show(t);
  }

  #within<T>(x: T, describe: (x: T) => string): string {
    checkDepth('compile', ++this.#depth);
    const text = describe.call(this, x);
    this.#depth--;
    return text;
  }

  #list(elements: readonly unknown[]): string {
    const texts: string[] = [];
    for (const element of elements) texts.push(this.#describe(element));
    return `[${texts.join(';')}]`; // join copies; a string made by + would keep all of its pieces in memory
  }

  #fields(x: object): string {
    return `{${Object.entries(x)
      .map(([name, value]) => `${JSON.stringify(name)}:${this.#describe(value)}`)
      .join(';')}}`;
  }

  #objectWithClass(x: object): string {
    if (x instanceof Date) return `date ${x.getTime()}`;
    if (ArrayBuffer.isView(x) || x instanceof ArrayBuffer || x instanceof SharedArrayBuffer) {
      throw this.#refusal(`a ${classOf(x)}`, 'tensor(values) makes it an input');
    }
    if (x instanceof Map || x instanceof Set) {
      throw this.#refusal(`a ${classOf(x)}`, 'an array or a plain object may hold the same');
    }
    return this.#object(x, `object ${identityOf(x)}`);
  }

  /** An object with a class, or a function: its identity, and its own fields as they are now. */
  #object(x: object, identity: string): string {
    this.#seen ??= new Set();
    if (this.#seen.has(x)) return identity;
    this.#seen.add(x);
    const names = Object.keys(x);
    if (names.length === 0) return identity;
    return `${identity}{${Object.entries(x)
      .map(([name, value]) => `${JSON.stringify(name)}:${this.#field(value)}`)
      .join(';')}}`;
  }

  /** A field of such an object. f gets the object as it is, so tensors in it are not inputs of the plan. */
  #field(x: unknown): string {
    if (typeof x !== 'object' || x === null) return typeof x === 'symbol' ? 'symbol' : this.#describe(x);
    if (x instanceof Tensor) return `tensor ${identityOf(x)}`;
    if (ArrayBuffer.isView(x)) return `bytes ${identityOf(x)} ${bytesOf(x)}`;
    if (x instanceof Map || x instanceof Set) return `entries ${this.#elements([...x], x)}`;
    if (Array.isArray(x)) return this.#elements(x, x);
    return this.#object(x, x instanceof Date ? `date ${x.getTime()}` : `object ${identityOf(x)}`);
  }

  #elements(elements: readonly unknown[], whole: object): string {
    this.#seen ??= new Set();
    if (this.#seen.has(whole)) return `object ${identityOf(whole)}`;
    this.#seen.add(whole);
    return `[${elements.map((element) => this.#field(element)).join(';')}]`;
  }

  #refusal(what: string, hint: string): TypeError {
    return new TypeError(
      'compile: arguments must be tensors, numbers, strings, functions, objects of classes, or arrays and plain objects of ' +
        `them; got ${what} in argument ${this.#argument + 1}; ${hint}`,
    );
  }
}

function classOf(x: object): string {
  return Object.prototype.toString.call(x).slice('[object '.length, -1);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return new Uint8Array(buffer, byteOffset, byteLength).join();
}
