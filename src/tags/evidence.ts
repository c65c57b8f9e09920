import type { Expression, Measure } from "./definition.js";

/** The measures and tags an expression is made from, each once, in the order they are written. */
export function partsOf(expression: Expression): Expression[] {
  const found = new Map<string, Expression>();
  const look = (part: Expression): void => {
    if (typeof part === "number") return;
    if ("measure" in part || "tag" in part) {
      found.set(JSON.stringify(part), part);
      return;
    }
    for (const operands of Object.values(part) as (Expression | readonly Expression[])[])
      if (isList(operands)) operands.forEach(look);
      else look(operands);
  };
  look(expression);
  return [...found.values()];
}

function isList(value: Expression | readonly Expression[]): value is readonly Expression[] {
  return Array.isArray(value);
}

/** A measure in words: `count of login, 30 days ending 7 days ago`. */
export function measureInWords({ measure, kinds, types, days, endingDaysAgo }: Measure): string {
  const words = measure.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const events = [...(types ?? []), ...(kinds ?? []).map((kind) => `${kind} events`)].join(" or ") || "activity";
  const end = endingDaysAgo ? ` ending ${endingDaysAgo} days ago` : "";
  return `${words} of ${events}${days === undefined ? (end ? `, up to${end.slice(7)}` : "") : `, ${days} days${end}`}`;
}
