// The checks of what an optimizer is given: rules, gradients and variables.

import { checkArray, checkFunction, type Shape, ShapeError, show, Tensor, Variable } from '@treadle/tensor';

/** Throws TypeError for what is not a rule. */
export function checkRule(rule: unknown): void {
  const isRule = typeof rule === 'object' && rule !== null && 'name' in rule && 'slots' in rule && 'begin' in rule;
  if (!isRule) throw new TypeError(`optimizerOf: the rule must have a name, slots and begin; got ${show(rule)}`);
  if (typeof rule.name !== 'string') throw new TypeError(`optimizerOf: name must be a text; got ${show(rule.name)}`);
  checkArray('optimizerOf: slots', rule.slots);
  checkFunction('optimizerOf: begin', rule.begin);
}

/** Throws RangeError unless there is a gradient for each variable, ShapeError unless it has the variable's shape. */
export function checkGradients(name: string, gradients: readonly Tensor[], variables: readonly Variable[]): void {
  checkAll(`${name}: the gradients`, gradients, Tensor);
  checkAll(`${name}: the variables`, variables, Variable);
  if (gradients.length !== variables.length) {
    throw new RangeError(
      `${name}: there must be a gradient for each variable; got ${gradients.length} for ${variables.length}`,
    );
  }
  variables.forEach((v, i) => {
    const shape = gradients[i]?.shape ?? [];
    if (!isEqual(shape, v.shape)) {
      const which = v.name === '' ? `variable ${i}` : v.name;
      throw new ShapeError(
        `${name}: a gradient must have its variable’s shape; got [${shape.join(', ')}] for ${which} [${v.shape.join(', ')}]`,
      );
    }
  });
}

/** Throws TypeError unless it is an array of tensors, or of variables. */
function checkAll(what: string, given: readonly unknown[], kind: typeof Tensor | typeof Variable): void {
  checkArray(what, given);
  const wrong = given.findIndex((each) => !(each instanceof kind));
  if (wrong >= 0)
    throw new TypeError(`${what} must be an array of ${kind.name}s; got ${show(given[wrong])} at ${wrong}`);
}

function isEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** Throws TypeError unless it is an array of variables. */
export function checkVariables(name: string, variables: readonly unknown[]): void {
  checkAll(`${name}: the variables`, variables, Variable);
}
