import { nameOrQuoted, quoted } from "../tags/tokens.js";
import type { Expression, Range, Test } from "./expression.js";
import type { Value } from "./operand.js";

/** The text form of an expression: `readText` gives the same expression back. */
export function formatExpression(node: Expression): string {
  switch (node.kind) {
    case "all":
    case "any": {
      const [only, ...others] = node.of;
      if (only && others.length === 0) return `${node.kind}(${formatExpression(only)})`;
      return node.of.map(inParentheses).join(node.kind === "all" ? " and " : " or ");
    }
    case "not":
      return `not ${inParentheses(node.of)}`;
    case "tag":
      return `tag.${nameOrQuoted(node.key)}${testOf(node.test)}`;
    case "attribute":
      return `attribute.${nameOrQuoted(node.name)}${testOf(node.test)}`;
    case "riskTier":
      return `tier${node.scheme === undefined ? "" : `(${nameOrQuoted(node.scheme)})`} in ${names(node.in)}`;
    case "churnProbability": {
      const { gte, lt } = node;
      if (gte !== undefined && lt !== undefined) return `probability in [${gte}, ${lt})`;
      return gte === undefined ? `probability < ${lt}` : `probability >= ${gte}`;
    }
    case "lifecycleStage":
      return `stage in ${names(node.in)}`;
    case "channel":
      return `channel in ${names(node.in)}`;
    case "event": {
      const { type, atLeast, atMost, withinDays, endingDaysAgo, category, minAmount } = node;
      return call("event", {
        type: type === undefined ? undefined : nameOrQuoted(type),
        atLeast: atLeast === 0 && atMost !== undefined ? undefined : atLeast,
        atMost,
        withinDays,
        endingDaysAgo: endingDaysAgo === 0 ? undefined : endingDaysAgo,
        category: category === undefined ? undefined : nameOrQuoted(category),
        minAmount,
      });
    }
    case "rfm": {
      const { recency, frequency, monetary, layer } = node;
      return call("rfm", {
        recency: scores(recency),
        frequency: scores(frequency),
        monetary: scores(monetary),
        layer: layer && names(layer),
      });
    }
    case "decline":
      return call("decline", {
        metric: node.metric === undefined ? undefined : nameOrQuoted(node.metric),
        severity: node.severity && names(node.severity),
      });
    case "behaviorBreak":
      return call("break", { direction: node.direction, sinceDays: node.sinceDays });
    case "segment":
      return `segment.${nameOrQuoted(node.key)}`;
    case "ids":
      return `ids(${node.ids.map(quoted).join(", ")})`;
  }
}

/** A list of one reads as a call and needs none. */
function inParentheses(node: Expression): string {
  const text = formatExpression(node);
  return (node.kind === "all" || node.kind === "any") && node.of.length > 1 ? `(${text})` : text;
}

const SIGNS = { EQ: "=", NE: "!=", LT: "<", LTE: "<=", GT: ">", GTE: ">=" } as const;

function testOf(test: Test): string {
  switch (test.op) {
    case "IS_SET":
      return "";
    case "IN":
      return ` in (${test.values.map(writtenValue).join(", ")})`;
    case "BETWEEN":
      return ` between ${writtenValue(test.low)} and ${writtenValue(test.high)}`;
    default:
      return ` ${SIGNS[test.op]} ${writtenValue(test.value)}`;
  }
}

function writtenValue(value: Value): string {
  return typeof value === "string" ? quoted(value) : String(value);
}

function names(choices: readonly string[]): string {
  return `(${choices.map(nameOrQuoted).join(", ")})`;
}

/** Undefined where neither end is bound. */
function scores({ gte, lte }: Range): string | undefined {
  return gte === undefined && lte === undefined ? undefined : `${gte ?? ""}..${lte ?? ""}`;
}

function call(name: string, values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return `${name}(${given.map(([key, value]) => `${key}: ${value}`).join(", ")})`;
}
