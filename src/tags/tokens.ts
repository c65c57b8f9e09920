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
