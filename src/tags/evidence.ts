import type { Expression, Fact, Measure } from "./definition.js";
import { leavesOf } from "./operators.js";

/** What a value is made from, as an example shows it. */
export type Part = Measure | Fact | { readonly tag: string };

/** The measures, tags and facts an expression is made from, each once, in the order they are written. */
export function partsOf(expression: Expression): Part[] {
  const found = new Map<string, Part>();
  for (const leaf of leavesOf(expression)) if (!("date" in leaf)) found.set(JSON.stringify(leaf), leaf);
  return [...found.values()];
}

/** A measure in words: `count of login, 30 days ending 7 days ago`. */
export function measureInWords({ measure, kinds, types, days, endingDaysAgo }: Measure): string {
  const words = measure.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const events = [...(types ?? []), ...(kinds ?? []).map((kind) => `${kind} events`)].join(" or ") || "activity";
  const end = endingDaysAgo ? ` ending ${endingDaysAgo} days ago` : "";
  return `${words} of ${events}${days === undefined ? (end ? `, up to${end.slice(7)}` : "") : `, ${days} days${end}`}`;
}
