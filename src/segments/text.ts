import { positionOf, TokenReader, tokensOf } from "../tags/tokens.js";

/** The JSON that a text stands for, and where each of its nodes stands in the text. */
export interface ReadText {
  readonly where: object;
  /** `line:column` of a node of `where`. */
  placeOf(node: unknown): string | undefined;
}

const OPERATORS: Readonly<Record<string, string>> = { "=": "EQ", "!=": "NE", "<": "LT", "<=": "LTE", ">": "GT", ">=": "GTE" };

/**
 * Reads the text form of an expression, as `tag.dormant and not tier in (LOW)`, into the JSON form, which is then checked like any
 * other. `not` binds closest, then `and`, then `or`. Leaves:
 *
 *     tag.orders_90d >= 2      tag.plan in ("basic", "pro")      tag.seats between 1 and 5      tag.vip
 *     attribute.city = "Oslo"      tier in (HIGH)      tier(sales) = COLD      probability in [0.5, 0.8)
 *     stage in (NEW, ACTIVE)      channel = web      segment.lapsing      ids("VXNlcjox")
 *     event(type: order, atLeast: 2, withinDays: 30)      rfm(recency: 1..2, layer: (AT_RISK))
 *     decline(metric: orders_30d, severity: (SEVERE))      break(direction: DOWN, sinceDays: 30)
 *
 * @throws TextError with the place
 */
export function readText(text: string): ReadText {
  const reader = new Reader(tokensOf(text));
  const where = reader.whole();
  return {
    where,
    placeOf(node) {
      const at = typeof node === "object" && node !== null ? reader.places.get(node) : undefined;
      return at === undefined ? undefined : positionOf(text, at);
    },
  };
}

class Reader extends TokenReader {
  whole(): object {
    const where = this.expression();
    if (this.token.kind !== "end") throw this.unexpected("and, or, or the end");
    return where;
  }

  private expression(): object {
    return this.joined("or", "any", () => this.joined("and", "all", () => this.negation()));
  }

  private joined(word: string, key: "all" | "any", part: () => object): object {
    const { at } = this.token;
    const parts = [part()];
    while (this.takesWord(word)) parts.push(part());
    return parts.length === 1 ? parts[0]! : this.placed({ [key]: parts }, at);
  }

  private negation(): object {
    const { at } = this.token;
    return this.deeper(() => (this.takesWord("not") ? this.placed({ not: this.negation() }, at) : this.primary()));
  }

  private primary(): object {
    if (this.takes("(")) {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    const { kind, value, at } = this.token;
    const leaf = kind === "name" && Object.hasOwn(LEAVES, value) ? LEAVES[value] : undefined;
    if (!leaf) throw this.unexpected(`one of ${Object.keys(LEAVES).join(", ")}, not or a parenthesis`);
    this.next++;
    return this.placed(leaf(this), at);
  }

  /** What `all(...)` and `any(...)` hold: how a list of one is written. */
  expressions(): object[] {
    return this.listed(() => this.expression());
  }

  /** What is asked of a value; nothing: whether there is one. */
  test(): object {
    const { kind, value } = this.token;
    if (kind === "symbol" && Object.hasOwn(OPERATORS, value)) {
      this.next++;
      return { op: OPERATORS[value], value: this.value() };
    }
    if (this.takesWord("in")) return { op: "IN", values: this.listed(() => this.value()) };
    if (this.takesWord("between")) {
      const low = this.value();
      if (!this.takesWord("and")) throw this.unexpected("and");
      return { op: "BETWEEN", values: [low, this.value()] };
    }
    return {};
  }

  /** `= NAME` or `in (NAME, ...)`. */
  choices(): string[] {
    if (this.takes("=")) return [this.name()];
    if (this.takesWord("in")) return this.listed(() => this.name());
    throw this.unexpected('"=" or in');
  }

  inParentheses<T>(read: () => T): T | undefined {
    if (!this.takes("(")) return undefined;
    const found = read();
    this.expect(")");
    return found;
  }

  /** `>= a`, `< b` or `in [a, b)`. */
  range(): object {
    if (this.takes(">=")) return { gte: this.number() };
    if (this.takes("<")) return { lt: this.number() };
    if (!this.takesWord("in")) throw this.unexpected('">=", "<" or in [from, to)');
    this.expect("[");
    const gte = this.number();
    this.expect(",");
    const lt = this.number();
    this.expect(")");
    return { gte, lt };
  }

  /** `(name: value, ...)`; without parentheses none. */
  arguments(): object {
    if (!this.is("(")) return {};
    const entries = this.listed(() => {
      const name = this.name();
      this.expect(":");
      return [name, this.argument()] as const;
    });
    return Object.fromEntries(entries);
  }

  private argument(): unknown {
    const { kind, value } = this.token;
    if (kind === "symbol" && value === "(") return this.listed(() => this.name());
    if (kind === "symbol" && value === "..") return this.scores(undefined);
    if (kind === "name") return this.name();
    const found = this.value();
    return typeof found === "number" && this.token.value === ".." ? this.scores(found) : found;
  }

  /** `4..5`, `4..` or `..2`, both ends included. */
  private scores(gte: number | undefined): object {
    this.expect("..");
    const lte = this.token.kind === "number" ? this.number() : undefined;
    return { ...(gte === undefined ? {} : { gte }), ...(lte === undefined ? {} : { lte }) };
  }

  private number(): number {
    const sign = this.takes("-") ? -1 : 1;
    if (this.token.kind !== "number") throw this.unexpected("a number");
    return sign * Number(this.take().value);
  }

  private value(): boolean | number | string {
    if (this.token.kind === "text") return this.take().value;
    if (this.takesWord("true")) return true;
    if (this.takesWord("false")) return false;
    if (this.token.kind === "name") throw this.unexpected('a number, true, false or a "text" in quotes');
    return this.number();
  }
}

const LEAVES: Readonly<Record<string, (reader: Reader) => object>> = {
  tag: (reader) => ({ tag: { key: reader.key(), ...reader.test() } }),
  tier(reader) {
    const scheme = reader.inParentheses(() => reader.name());
    return { riskTier: { in: reader.choices(), ...(scheme === undefined ? {} : { scheme }) } };
  },
  probability: (reader) => ({ churnProbability: reader.range() }),
  stage: (reader) => ({ lifecycleStage: { in: reader.choices() } }),
  channel: (reader) => ({ channel: { in: reader.choices() } }),
  attribute: (reader) => ({ attribute: { name: reader.key(), ...reader.test() } }),
  event: (reader) => ({ event: reader.arguments() }),
  rfm: (reader) => ({ rfm: reader.arguments() }),
  decline: (reader) => ({ decline: reader.arguments() }),
  break: (reader) => ({ behaviorBreak: reader.arguments() }),
  segment: (reader) => ({ segment: { key: reader.key() } }),
  ids: (reader) => ({ ids: reader.listed(() => reader.name()) }),
  all: (reader) => ({ all: reader.expressions() }),
  any: (reader) => ({ any: reader.expressions() }),
};
