import { HttpRefusal } from "./refusal.js";

/** An expression of a segment nests two levels for each `all`; the deepest that is meant stays well under this. */
const DEEPEST_JSON = 64;

type BadCharacter = "a NUL character" | "half of a surrogate pair";

/** Characters that no text column can hold, by where they stand. */
export interface JsonFacts {
  readonly outsideRows: BadCharacter | undefined;
  /** In an object of a list: a row of a bulk mutation answers for its own texts, so that it does not fail its neighbours. */
  readonly inRows: BadCharacter | undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LETTER_U = 0x75;

/** The longest way to write the key: every character as an escape of six. */
const LONGEST_PROTO = 6 * "__proto__".length;

/**
 * One pass over the text before JSON.parse, which recurses and builds: refuses nesting beyond the bound, batches and keys
 * that reach a prototype, and says which characters cannot be stored. It does not check the grammar; JSON.parse does.
 */
export function scanJson(text: string, deepest = DEEPEST_JSON): JsonFacts {
  const inside = new Uint8Array(deepest + 1);
  let depth = 0;
  /** The depth of the outermost object that stands in a list; 0: none is open. */
  let rowDepth = 0;
  let outsideRows: BadCharacter | undefined;
  let inRows: BadCharacter | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const start = i + 1;
      let escaped = false;
      for (i = start; i < text.length; i++) {
        const s = text.charCodeAt(i);
        if (s === QUOTE) break;
        if (s !== BACKSLASH) continue;
        escaped = true;
        i++;
        if (text.charCodeAt(i) !== LETTER_U) continue;
        const unit = hex(text, i + 1);
        i += 4;
        let bad: BadCharacter | undefined;
        if (unit === 0) bad = "a NUL character";
        else if (unit >= 0xdc00 && unit <= 0xdfff) bad = "half of a surrogate pair";
        else if (unit >= 0xd800 && unit <= 0xdbff) {
          const low = text.charCodeAt(i + 1) === BACKSLASH && text.charCodeAt(i + 2) === LETTER_U ? hex(text, i + 3) : -1;
          if (low >= 0xdc00 && low <= 0xdfff) i += 6;
          else bad = "half of a surrogate pair";
        }
        if (bad && rowDepth > 0) inRows ??= bad;
        else if (bad) outsideRows ??= bad;
      }
      if (i - start >= 9 && i - start <= LONGEST_PROTO && isKey(text, i + 1) && isProto(text.slice(start, i), escaped))
        throw new HttpRefusal(400, "BAD_INPUT", 'The JSON has a key "__proto__", which no object may have; rename it.');
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      if (depth === 0 && c === OPEN_ARRAY)
        throw new HttpRefusal(400, "BAD_INPUT", "A request is one JSON object; send the operations of a batch one by one.");
      if (c === OPEN_OBJECT && rowDepth === 0 && depth > 0 && inside[depth] === OPEN_ARRAY) rowDepth = depth + 1;
      depth++;
      if (depth > deepest)
        throw new HttpRefusal(400, "TOO_COMPLEX", `The JSON nests deeper than ${deepest} levels; make it flatter.`);
      inside[depth] = c;
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
      if (depth === rowDepth) rowDepth = 0;
      if (depth > 0) depth--;
    }
  }
  return { outsideRows, inRows };
}

/** The value of four hexadecimal digits; -1 where they are not four. */
function hex(text: string, from: number): number {
  let value = 0;
  for (let i = from; i < from + 4; i++) {
    const c = text.charCodeAt(i);
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : (c | 32) >= 0x61 && (c | 32) <= 0x66 ? (c | 32) - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function isKey(text: string, from: number): boolean {
  let i = from;
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++;
  return text.charCodeAt(i) === COLON;
}

function isProto(raw: string, escaped: boolean): boolean {
  if (!escaped) return raw === "__proto__";
  return (
    raw.replace(/\\u([0-9a-fA-F]{4})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))) ===
    "__proto__"
  );
}
