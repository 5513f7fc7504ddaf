// Shapes of samples of which some sizes are not known before a call, such as the number of steps of sequences: null stands for
// each of these. A layer says which sizes it must know; what it makes of the others is found by building it for two sizes, for
// an extent of the result that differs then is not known either.

import { checkShape, type Shape, ShapeError, show } from '@treadle/tensor';

/** The shape of one sample; null is a size that may be another one in every call. */
export type OpenShape = readonly (number | null)[];

/** Throws TypeError for what is no array of numbers and null. `hint` says what is meant perhaps. */
export function checkInputShape(what: string, shape: unknown, hint = ''): void {
  if (isOpenShape(shape)) return;
  throw new TypeError(`${what} must be an array of numbers; got ${show(shape)}${hint}`);
}

/** Throws as checkShape does for what is no shape. */
export function checkOpenShape<S extends OpenShape>(op: string, shape: S): S {
  checkInputShape(`${op}: the shape`, shape);
  checkShape(
    op,
    shape.map((extent) => extent ?? 1),
  );
  return shape;
}

/** Whether it is an array of numbers and null. */
export function isOpenShape(shape: unknown): shape is OpenShape {
  return Array.isArray(shape) && shape.every((extent: unknown) => extent === null || typeof extent === 'number');
}

export function isKnown(shape: OpenShape): shape is Shape {
  return !shape.includes(null);
}

/** Whether samples of that shape are such as were declared. */
export function fits(declared: OpenShape, shape: OpenShape): boolean {
  return declared.length === shape.length && declared.every((extent, i) => extent === null || extent === shape[i]);
}

/** `null, 8`, for messages. */
export function listExtents(shape: readonly (number | string | null)[]): string {
  return shape.map(String).join(', ');
}

/** The shapes of the results of a layer, for those of its inputs; makes its variables. */
export type Build = (shapes: readonly Shape[]) => readonly Shape[];

/** The axes of a sample whose sizes a layer must know, negative ones counted from the end. */
export type NeededAxes = (shape: Shape) => readonly number[];

/** What a layer needs that takes sequences of any length: all but the steps. */
export function afterSteps(shape: Shape): readonly number[] {
  return shape.map((_, i) => i).slice(1);
}

/** Sizes that stand for those that are not known: larger than windows, and unlike others; smaller ones where there are several. */
const [one, several] = [[65_521, 131_071] as const, [509, 1021] as const];

/**
 * What `build` makes of inputs, where sizes that are not needed may be null. Throws ShapeError where one that is needed is null;
 * without `needs` all are.
 */
export function buildOpen(
  kind: string,
  shapes: readonly OpenShape[],
  needs: NeededAxes | undefined,
  build: Build,
): readonly OpenShape[] {
  if (shapes.every(isKnown)) return build(shapes);
  const sizes = shapes.some((shape) => shape.filter((extent) => extent === null).length > 1) ? several : one;
  const filled = (size: number): readonly Shape[] => shapes.map((shape) => shape.map((extent) => extent ?? size));
  filled(sizes[0]).forEach((shape, i) => {
    checkNeeded(kind, shapes[i] ?? [], needs?.(shape));
  });
  const [results = [], others = []] = sizes.map((size) => standingIn(size, () => build(filled(size))));
  return results.map((shape, i) => shape.map((extent, j) => (extent === others[i]?.[j] ? extent : null)));
}

function checkNeeded(kind: string, shape: OpenShape, axes: readonly number[] | undefined): void {
  const needed = axes ? axes.map((axis) => shape.at(axis)) : shape;
  if (!needed.includes(null)) return;
  const which = axes ? ` of axis ${axes.map((axis) => (axis < 0 ? axis : axis + 1)).join(', ')}` : '';
  throw new ShapeError(
    `${kind}: it needs a known size${which}; got [${listExtents(['batch', ...shape])}]; give a number in the place of null, or a layer before it that makes one size of all, such as globalAveragePooling1d() or lstm(8)`,
  );
}

/** What `act` gives; an error that it throws speaks of null where it would of the size that stands in for it. */
function standingIn<T>(size: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error) Reflect.set(error, 'message', error.message.replaceAll(String(size), 'null'));
    throw error;
  }
}
