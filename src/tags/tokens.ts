/** One word of an expression in its text form. */
export interface Token {
  readonly kind: "name" | "number" | "text" | "symbol" | "end";
  /** As written; of a text what stands between the quotes, with its escapes resolved. */
  readonly value: string;
  /** Place of its first character, from 0. */
  readonly at: number;
}

/** Why a text is not taken, and the place in it. */
export class TextError extends Error {
  constructor(
    /** Place of a character, from 0. */
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

/** The longest text form that is read. */
export const LONGEST_TEXT = 10_000;

const SPACE = /\s*/y;
const TOKENS = [
  ["name", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["number", /(?:\d+\.\d+|\d+)(?:[eE][+-]?\d+)?/y],
  ["text", /"(?:[^"\\\n]|\\.)*"/y],
  ["symbol", /\.\.|>=|<=|!=|[-+*/%().,:=<>[\]{}]/y],
] as const;

/** Splits a text form into tokens, the last of them an "end". @throws TextError */
export function tokensOf(text: string): Token[] {
  if (text.length > LONGEST_TEXT)
    throw new TextError(0, `the text has ${text.length} characters; at most ${LONGEST_TEXT} are taken.`);
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += match(SPACE)?.length ?? 0;
    if (at === text.length) return [...tokens, { kind: "end", value: "", at }];
    const token = tokenAt();
    tokens.push({ kind: token.kind, value: token.kind === "text" ? unquoted(token.written, at) : token.written, at });
    at += token.written.length;
  }

  function tokenAt(): { kind: Token["kind"]; written: string } {
    for (const [kind, pattern] of TOKENS) {
      const written = match(pattern);
      if (written !== undefined) return { kind, written };
    }
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    throw new TextError(
      at,
      character === '"'
        ? "this quote is never closed."
        : `${JSON.stringify(character)} means nothing here; texts stand in "quotes".`,
    );
  }
}

function unquoted(written: string, at: number): string {
  try {
    return String(JSON.parse(written));
  } catch {
    throw new TextError(at, "a text is written as in JSON; this one has an escape that JSON does not know.");
  }
}

/** A text in quotes, as `tokensOf` reads it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A name as it stands where it reads as one, in quotes where it does not. */
export function nameOrQuoted(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quoted(name);
}

/** `line:column` of a place, both from 1. */
export function positionOf(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n");
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** Parentheses and nots within one another; far more than the levels an expression may have. */
const DEEPEST = 100;

/** What readers of texts have in common: a place in the tokens, words and symbols that are taken or missed, and lists in parentheses. */
export class TokenReader {
  /** Where a node begins in the text. */
  readonly places = new WeakMap<object, number>();
  protected next = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  protected get token(): Token {
    return this.tokens[this.next]!;
  }

  protected take(): Token {
    return this.tokens[this.next++]!;
  }

  protected is(symbol: string): boolean {
    return this.token.kind === "symbol" && this.token.value === symbol;
  }

  protected takes(symbol: string): boolean {
    const found = this.is(symbol);
    if (found) this.next++;
    return found;
  }

  protected takesWord(word: string): boolean {
    const found = this.token.kind === "name" && this.token.value.toLowerCase() === word;
    if (found) this.next++;
    return found;
  }

  protected expect(symbol: string): void {
    if (!this.takes(symbol)) throw this.unexpected(JSON.stringify(symbol));
  }

  protected unexpected(wanted: string): TextError {
    const { kind, value, at } = this.token;
    return new TextError(at, `expected ${wanted}, not ${kind === "end" ? "the end" : JSON.stringify(value.slice(0, 60))}.`);
  }

  protected placed<T extends object>(node: T, at: number): T {
    this.places.set(node, at);
    return node;
  }

  /** Reads what stands a level deeper. */
  protected deeper<T>(read: () => T): T {
    if (++this.depth > DEEPEST) throw new TextError(this.token.at, `parentheses and nots stand at most ${DEEPEST} deep.`);
    const found = read();
    this.depth--;
    return found;
  }

  name(): string {
    if (this.token.kind !== "name" && this.token.kind !== "text") throw this.unexpected("a name");
    return this.take().value;
  }

  /** A key after a dot. */
  key(): string {
    this.expect(".");
    return this.name();
  }

  /** A list in parentheses; it may be empty. */
  listed<T>(read: () => T): T[] {
    this.expect("(");
    const found: T[] = [];
    if (this.takes(")")) return found;
    do found.push(read());
    while (this.takes(","));
    this.expect(")");
    return found;
  }
}
