// Open shapes: shapes of samples in which null is a size that is not known before a call, such as the number of steps. A layer names the
// sizes that it must know. How it depends on the others is found by building it for two sizes: an extent of the result that differs is
// unknown too.

import { checkShape, type Shape, ShapeError, show } from '@treadle/tensor';

/** The shape of one sample; null is a size that may differ from call to call. */
export type OpenShape = readonly (number | null)[];

/** Throws TypeError unless it is an array of numbers and null; `hint` ends the message. */
export function checkInputShape(what: string, shape: unknown, hint = ''): void {
  if (isOpenShape(shape)) return;
  throw new TypeError(`${what} must be an array of numbers; got ${show(shape)}${hint}`);
}

/** The shape. Throws as checkShape does for an invalid one. */
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

/** Whether all sizes are known. */
export function isKnown(shape: OpenShape): shape is Shape {
  return !shape.includes(null);
}

/** Whether a shape matches the declared one, in which null matches any size. */
export function fits(declared: OpenShape, shape: OpenShape): boolean {
  return declared.length === shape.length && declared.every((extent, i) => extent === null || extent === shape[i]);
}

/** The extents, for messages: `null, 8`. */
export function listExtents(shape: readonly (number | string | null)[]): string {
  return shape.map(String).join(', ');
}

/** Builds a layer: the shapes of its inputs → the shapes of its results. */
export type Build = (shapes: readonly Shape[]) => readonly Shape[];

/** The axes of a sample whose sizes a layer must know, negative ones counted from the end. */
export type NeededAxes = (shape: Shape) => readonly number[];

/** The needed axes of a layer for sequences of any length: all but the steps. */
export function afterSteps(shape: Shape): readonly number[] {
  return shape.map((_, i) => i).slice(1);
}

/** Two sizes in place of an unknown one, larger than windows and unlikely otherwise; smaller ones for several unknown sizes. */
const [one, several] = [[65_521, 131_071] as const, [509, 1021] as const];

/**
 * The result of `build` for shapes in which sizes that are not needed may be null. Throws ShapeError if a needed size is null; without
 * `needs` all sizes are needed.
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

/** The result of `act`. In the message of an error, null replaces the size that stands for it. */
function standingIn<T>(size: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error) Reflect.set(error, 'message', error.message.replaceAll(String(size), 'null'));
    throw error;
  }
}
