/**
 * The classes - 1 inner cuts that divide [min, max] into classes of one width.
 *
 * @throws RangeError when there is not at least one class
 */
export function equalWidthCuts(min: number, max: number, classes: number): number[] {
  if (!Number.isInteger(classes) || classes < 1) throw new RangeError(`Equal width needs at least one class, not ${classes}.`);
  return Array.from({ length: classes - 1 }, (_, i) => min + ((max - min) * (i + 1)) / classes);
}
