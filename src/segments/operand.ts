import { type ErrorCode, TidemarkError } from "../errors.js";
import { suggestion } from "./nearest.js";

export type Value = boolean | number | string;

/** What an expression may hold at most; every bound is named in the error that it causes. */
export const BOUNDS = { depth: 12, nodes: 200, values: 1_000, characters: 1_000, days: 100_000, events: 1_000_000 } as const;

/** A refusal that names the place in the expression, what stands there and what fits. */
export function refuse(code: ErrorCode, path: string, sentence: string): TidemarkError {
  return new TidemarkError(code, `${path}: ${sentence}`, { at: path });
}

/** How a wrong operand is shown back: short, and never a whole document. */
export function shown(operand: unknown): string {
  if (Array.isArray(operand)) return `a list of ${operand.length}`;
  if (typeof operand === "object" && operand !== null) return `an object with ${Object.keys(operand).slice(0, 5).join(", ")}`;
  const text = typeof operand === "string" ? JSON.stringify(operand) : String(operand);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** One object of the input, read field by field. Undefined and null both count as absent. */
export class Operand {
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    operand: unknown,
    readonly path: string,
    known: readonly string[],
  ) {
    if (typeof operand !== "object" || operand === null || Array.isArray(operand))
      throw refuse("BAD_INPUT", path, `expected an object with ${known.join(", ")}, not ${shown(operand)}.`);
    this.fields = operand as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(operand)) {
      if (this.has(name) && !known.includes(name))
        throw refuse(
          "BAD_INPUT",
          path,
          `${JSON.stringify(name.slice(0, 60))} is not known here${suggestion(name, known) || `; it takes ${known.join(", ")}.`}`,
        );
    }
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined && this.fields[name] !== null;
  }

  at(name: string): string {
    return `${this.path}.${name}`;
  }

  raw(name: string): unknown {
    return this.fields[name];
  }

  text(name: string): string {
    if (!this.has(name)) throw refuse("BAD_INPUT", this.at(name), "is missing; it takes a text.");
    return text(this.fields[name], this.at(name));
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  texts(name: string): string[] {
    return list(this.fields[name], this.at(name)).map((each, i) => text(each, `${this.at(name)}[${i}]`));
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    return this.has(name) ? choice(this.fields[name], this.at(name), choices) : undefined;
  }

  manyOf<T extends string>(name: string, choices: readonly T[]): T[] {
    return list(this.fields[name], this.at(name)).map((each, i) => choice(each, `${this.at(name)}[${i}]`, choices));
  }

  /** A finite number within bounds, or undefined where it is absent. */
  number(name: string, least: number, most: number): number | undefined {
    if (!this.has(name)) return undefined;
    const number = this.fields[name];
    if (typeof number !== "number" || !(number >= least && number <= most))
      throw refuse("BAD_INPUT", this.at(name), `expected a number from ${least} to ${most}, not ${shown(number)}.`);
    return number;
  }

  whole(name: string, least: number, most: number): number | undefined {
    const number = this.number(name, least, most);
    if (number !== undefined && !Number.isInteger(number))
      throw refuse("BAD_INPUT", this.at(name), `expected a whole number, not ${shown(number)}.`);
    return number;
  }

  value(name: string): Value {
    if (!this.has(name)) throw refuse("BAD_INPUT", this.at(name), "is missing; it takes a Boolean, a number or a text.");
    return value(this.fields[name], this.at(name));
  }

  values(name: string): Value[] {
    return list(this.fields[name], this.at(name)).map((each, i) => value(each, `${this.at(name)}[${i}]`));
  }
}

function text(operand: unknown, path: string): string {
  if (typeof operand !== "string") throw refuse("BAD_INPUT", path, `expected a text, not ${shown(operand)}.`);
  if (operand.length > BOUNDS.characters)
    throw refuse("TOO_LONG", path, `the text has ${operand.length} characters; at most ${BOUNDS.characters} are taken.`);
  if (operand.includes("\0") || !operand.isWellFormed())
    throw refuse("BAD_CHARACTER", path, "the text has a NUL byte or a lone surrogate; take it out.");
  return operand;
}

function value(operand: unknown, path: string): Value {
  if (typeof operand === "boolean") return operand;
  if (typeof operand === "number" && Number.isFinite(operand)) return operand;
  if (typeof operand === "string") return text(operand, path);
  throw refuse("BAD_INPUT", path, `expected a Boolean, a finite number or a text, not ${shown(operand)}.`);
}

function choice<T extends string>(operand: unknown, path: string, choices: readonly T[]): T {
  const found = choices.find((each) => each === operand);
  if (found === undefined) throw refuse("BAD_INPUT", path, `expected one of ${choices.join(", ")}, not ${shown(operand)}.`);
  return found;
}

/** A list with something in it: an empty one is far more often a slip than a wish for nobody. */
function list(operand: unknown, path: string): unknown[] {
  if (!Array.isArray(operand)) throw refuse("BAD_INPUT", path, `expected a list, not ${shown(operand)}.`);
  if (operand.length === 0) throw refuse("BAD_INPUT", path, "the list is empty; name at least one.");
  if (operand.length > BOUNDS.values)
    throw refuse("TOO_COMPLEX", path, `the list has ${operand.length} entries; at most ${BOUNDS.values} are taken.`);
  return operand;
}
