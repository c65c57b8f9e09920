import { SIGNATURES } from "./operators.js";
import { ExpressionError } from "./parse.js";
import { positionOf, TextError, type Token, TokenReader, tokensOf } from "./tokens.js";

/** The JSON that the text of a definition stands for, and where each part of it stands in the text. */
export interface ReadDefinition {
  readonly expression: unknown;
  /** `line:column` of the part at a path of the JSON, or of the nearest one around it. */
  placeOf(path: readonly string[]): string;
}

const COMPARISONS: Readonly<Record<string, string>> = { "=": "eq", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte" };

/**
 * Reads the text form of a definition, as `tag.orders_90d >= 2 and count(login, days: 30) = 0`, into the JSON form, which is then checked
 * like any other. `not` binds closest of the words, then `and`, then `or`; below them comparisons, `+ -`, `* /`. Besides:
 *
 *     tag.vip      attribute.plan      attribute.seats as NUMBER      channel      asOf      date("2026-01-31")      "a text"
 *     count(days: 30)      sum(TRANSACTION, days: 90, endingDaysAgo: 90)      daysSinceLast(login, order)
 *     case(tag.vip, "gold", tag.orders_90d > 2, "silver", "none")      channel in ("web", "app")
 *     and every operator as a function of its parts: max(a, b), lower(a), startsWith(a, b), weekday(a), isSet(a) ...
 *
 * In a measure's parentheses stand keys of event types and, in capitals, kinds of events, then its window.
 *
 * @throws TextError with the place
 */
export function readDefinitionText(text: string): ReadDefinition {
  const reader = new Reader(tokensOf(text));
  const expression = reader.whole();
  return {
    expression,
    placeOf(path) {
      let node: unknown = expression;
      let at = reader.start;
      for (const part of path) {
        if (typeof node !== "object" || node === null) break;
        at = reader.partPlaces.get(node)?.[Number(part)] ?? at;
        node = (node as Readonly<Record<string, unknown>>)[part];
        at = (typeof node === "object" && node !== null ? reader.places.get(node) : undefined) ?? at;
      }
      return positionOf(text, at);
    },
  };
}

const KINDS = /^[A-Z]+$/;

class Reader extends TokenReader {
  /** Where the parts of a list begin, numbers and texts too. */
  readonly partPlaces = new WeakMap<object, number[]>();
  readonly start: number;

  constructor(tokens: readonly Token[]) {
    super(tokens);
    this.start = tokens[0]!.at;
  }

  whole(): unknown {
    const expression = this.either();
    if (this.token.kind !== "end") throw this.unexpected("an operator or the end");
    return expression;
  }

  private operation(operator: string, parts: readonly Part[], at: number): object {
    const list = parts.map(({ node }) => node);
    this.partPlaces.set(
      list,
      parts.map((part) => part.at),
    );
    return this.placed({ [operator]: list }, at);
  }

  private part(read: () => unknown): Part {
    const { at } = this.token;
    return { at, node: read() };
  }

  private either(): unknown {
    return this.joined("or", "any", () => this.joined("and", "all", () => this.negation()));
  }

  private joined(word: string, operator: string, read: () => unknown): unknown {
    const parts = [this.part(read)];
    while (this.takesWord(word)) parts.push(this.part(read));
    return parts.length === 1 ? parts[0]!.node : this.operation(operator, parts, parts[0]!.at);
  }

  private negation(): unknown {
    const { at } = this.token;
    if (!this.takesWord("not")) return this.comparison();
    return this.placed({ not: this.deeper(() => this.negation()) }, at);
  }

  private comparison(): unknown {
    const left = this.part(() => this.sum());
    const operator = this.token.kind === "symbol" ? COMPARISONS[this.token.value] : undefined;
    if (operator !== undefined) {
      this.next++;
      return this.operation(operator, [left, this.part(() => this.sum())], left.at);
    }
    if (!this.takesWord("in")) return left.node;
    return this.operation("in", [left, ...this.parts()], left.at);
  }

  private sum(): unknown {
    return this.chained({ "+": "add", "-": "subtract" }, () =>
      this.chained({ "*": "multiply", "/": "divide" }, () => this.sign()),
    );
  }

  /** From the left; what adds or multiplies on is one list. */
  private chained(operators: Readonly<Record<string, string>>, read: () => unknown): unknown {
    let left = this.part(read);
    let open: { operator: string; parts: Part[] } | undefined;
    const close = () => {
      if (open) left = { at: left.at, node: this.operation(open.operator, open.parts, left.at) };
      open = undefined;
    };
    for (;;) {
      const operator = this.token.kind === "symbol" ? operators[this.token.value] : undefined;
      if (operator === undefined) break;
      this.next++;
      const right = this.part(read);
      const goesOn = open?.operator === operator && (operator === "add" || operator === "multiply");
      if (!goesOn) close();
      open = { operator, parts: goesOn ? [...open!.parts, right] : [left, right] };
    }
    close();
    return left.node;
  }

  private sign(): unknown {
    const { at } = this.token;
    if (!this.takes("-")) return this.primary();
    const isLiteral = this.token.kind === "number";
    const operand = this.part(() => this.deeper(() => this.sign()));
    if (isLiteral && typeof operand.node === "number") return -operand.node;
    return this.operation("multiply", [{ at, node: -1 }, operand], at);
  }

  private primary(): unknown {
    const { kind, value, at } = this.token;
    if (this.takes("(")) {
      const inner = this.deeper(() => this.either());
      this.expect(")");
      return inner;
    }
    if (kind === "number" || kind === "text") {
      this.next++;
      return kind === "number" ? Number(value) : value;
    }
    if (kind !== "name") throw this.unexpected("a value");
    this.next++;
    if (value === "tag") return this.placed({ tag: this.key() }, at);
    if (value === "attribute") {
      const attribute = this.key();
      return this.placed(this.takesWord("as") ? { attribute, as: this.name() } : { attribute }, at);
    }
    if (value === "channel") return this.placed({ user: "channel" }, at);
    if (value === "asOf") return this.placed({ daysAgo: 0 }, at);
    if (!this.is("("))
      throw new TextError(at, `${JSON.stringify(value)} stands for nothing; tags are tag.${value}, texts stand in "quotes".`);
    if (value === "date") return this.placed({ date: this.parts()[0]?.node }, at);
    const signature = Object.hasOwn(SIGNATURES, value) ? SIGNATURES[value] : undefined;
    if (signature === undefined) return this.placed(this.measure(value), at);
    const parts = this.parts();
    if (signature.list !== undefined) return this.operation(value, parts, at);
    if (parts.length !== 1) throw new TextError(at, `${value} takes one part.`);
    return this.placed({ [value]: parts[0]!.node }, at);
  }

  private parts(): Part[] {
    return this.deeper(() => this.listed(() => this.part(() => this.either())));
  }

  private measure(measure: string): object {
    const events = { kinds: [] as string[], types: [] as string[] };
    const places = { kinds: [] as number[], types: [] as number[] };
    const window: Record<string, number> = {};
    this.listed(() => {
      const { at, kind } = this.token;
      const name = this.name();
      if (kind === "name" && this.takes(":")) {
        if (this.token.kind !== "number") throw this.unexpected("a number");
        window[name] = Number(this.take().value);
        return;
      }
      const of = kind === "name" && KINDS.test(name) ? "kinds" : "types";
      events[of].push(name);
      places[of].push(at);
    });
    for (const of of ["kinds", "types"] as const) this.partPlaces.set(events[of], places[of]);
    return {
      measure,
      ...(events.kinds.length > 0 ? { kinds: events.kinds } : {}),
      ...(events.types.length > 0 ? { types: events.types } : {}),
      ...window,
    };
  }
}

/** A part of an operation, and where it begins in the text. */
interface Part {
  readonly at: number;
  readonly node: unknown;
}

/**
 * A definition as it came from outside: its JSON, or `{text: "..."}`, of which the JSON is read.
 *
 * @throws ExpressionError with the place in the text
 */
export function readInput(input: unknown): {
  readonly json: unknown;
  readonly placed: (error: ExpressionError) => ExpressionError;
} {
  if (!isText(input)) return { json: input, placed: (error) => error };
  const inText = (place: string, message: string) => new ExpressionError(["text", place], message);
  try {
    const { expression, placeOf } = readDefinitionText(input.text);
    return { json: expression, placed: ({ path, message }) => inText(placeOf(path), message) };
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw inText(positionOf(input.text, error.at), error.message);
  }
}

function isText(input: unknown): input is { readonly text: string } {
  if (typeof input !== "object" || input === null) return false;
  const { text, ...others } = input as Readonly<Record<string, unknown>>;
  return typeof text === "string" && Object.keys(others).length === 0;
}
