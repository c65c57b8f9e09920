import { type Expression, parseExpression } from "./expression.js";

/** How the conditions of an expression are joined; a condition is known by its place in a list. */
export type Formula =
  | { readonly kind: "all" | "any"; readonly of: readonly Formula[] }
  | { readonly kind: "not"; readonly of: Formula }
  | { readonly kind: "condition"; readonly place: number };

/** One bit a condition, as text: "1" where it holds, "0" where not, "?" where that is not known. */
export type Truths = string;

/**
 * The formula of an expression that has been looked up, with the segments it refers to written out. Segments whose members are kept are
 * conditions themselves.
 *
 * @param placeOf gives a condition its place
 */
export function formulaOf(
  node: Expression,
  segments: ReadonlyMap<string, unknown>,
  held: ReadonlyMap<string, number>,
  placeOf: (condition: Expression) => number,
): Formula {
  const formula = (part: Expression) => formulaOf(part, segments, held, placeOf);
  if (node.kind === "all" || node.kind === "any") return { kind: node.kind, of: node.of.map(formula) };
  if (node.kind === "not") return { kind: "not", of: formula(node.of) };
  if (node.kind === "segment" && !held.has(node.key)) return formula(parseExpression(segments.get(node.key)));
  return { kind: "condition", place: placeOf(node) };
}

export function holds(formula: Formula, truths: Truths): boolean {
  switch (formula.kind) {
    case "all":
      return formula.of.every((part) => holds(part, truths));
    case "any":
      return formula.of.some((part) => holds(part, truths));
    case "not":
      return !holds(formula.of, truths);
    case "condition":
      return truths[formula.place] === "1";
  }
}

export function placesOf(formula: Formula): number[] {
  if (formula.kind === "condition") return [formula.place];
  if (formula.kind === "not") return placesOf(formula.of);
  return [...new Set(formula.of.flatMap(placesOf))];
}

/**
 * Which conditions made the formula's answer another one: of those that flipped the ones each of which, had it not, would have left the
 * answer as it was; all that flipped where it took several at once.
 */
export function decisive(formula: Formula, before: Truths, after: Truths): number[] {
  const flipped = placesOf(formula).filter((place) => before[place] !== "?" && before[place] !== after[place]);
  const answer = holds(formula, after);
  const alone = flipped.filter((place) => {
    const without = after.slice(0, place) + before[place] + after.slice(place + 1);
    return holds(formula, without) !== answer;
  });
  return alone.length > 0 ? alone : flipped;
}
