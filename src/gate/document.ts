import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import { HttpRefusal } from "./refusal.js";

/** What a document may ask for. The clients' own largest operation and GraphiQL's introspection stay under half of each. */
export const DOCUMENT_BOUNDS = {
  bytes: 16_384,
  tokens: 1_000,
  /** Brackets of any kind, so that the parser's recursion is bounded before it starts. */
  brackets: 64,
  /** Fields within fields; introspection goes to 15. */
  depth: 16,
  /** Fields, spreads and inline fragments, with every fragment counted as often as it is spread. */
  selections: 1_000,
  roots: 20,
  aliases: 30,
  directives: 50,
  /** Rows of one page, and ids asked for at once: page.ts refuses more, too, but only once the page is reached. */
  page: 500,
  /** Pairs of fields that answer under one name: validation compares each pair. */
  pairs: 5_000,
  /** Fields times the rows of the pages around them: about a quarter second of resolving. */
  cost: 100_000,
  /** Lists within lists of introspection, as graphql-js itself bounds them; each multiplies by the size of the schema. */
  introspectionLists: 3,
} as const;

/** A connection asked for without `first` is reckoned with this many rows. */
const ASSUMED_PAGE = 50;

const PAGE_ARGUMENTS = new Set(["first", "last"]);
const INTROSPECTION_LISTS = new Set(["fields", "inputFields", "interfaces", "possibleTypes"]);

export type Variables = Readonly<Record<string, unknown>>;

/** What a document asks for, all its operations together. */
export interface DocumentFacts {
  readonly depth: number;
  readonly selections: number;
  readonly roots: number;
  readonly aliases: number;
  readonly directives: number;
  readonly cost: number;
  readonly pairs: number;
  readonly introspects: boolean;
  readonly mutates: boolean;
  /** A page's size comes from a variable, so the cost differs from request to request. */
  readonly variable: boolean;
}

/**
 * Refuses a document that would cost more to validate or to answer than it may; linear in its length. Gives undefined where
 * it is not GraphQL at all: the graph's own parser words that error.
 */
export function gateDocument(text: string, variables: Variables): DocumentFacts | undefined {
  const known = gated.get(text);
  if (known) return known.facts.variable ? measureDocument(known.document, variables) : known.facts;
  scanDocument(text);
  const document = parseBounded(text);
  if (!document) return undefined;
  const facts = measureDocument(document, variables);
  if (text.length <= REMEMBERED_LENGTH) {
    if (gated.size >= REMEMBERED_DOCUMENTS) gated.delete(gated.keys().next().value!);
    gated.set(text, { document, facts });
  }
  return facts;
}

// Clients send few different documents: those are parsed and walked once. Bounded to about 20 MB whatever is sent.
const gated = new Map<string, { readonly document: DocumentNode; readonly facts: DocumentFacts }>();
const REMEMBERED_DOCUMENTS = 256;
const REMEMBERED_LENGTH = 4_096;

/** The linear part, before any parser: bytes, brackets, and what no text may hold. */
function scanDocument(text: string): void {
  if (Buffer.byteLength(text) > DOCUMENT_BOUNDS.bytes)
    throw tooMuch(`The document is longer than ${DOCUMENT_BOUNDS.bytes} bytes; pass its values as variables, or split it.`);
  if (/\0|\\u0000|\\u\{0+\}/.test(text))
    throw new HttpRefusal(400, "BAD_CHARACTER", "The document has a NUL character, which no text can hold; remove it.");
  if (!text.isWellFormed())
    throw new HttpRefusal(400, "BAD_CHARACTER", "The document has half of a surrogate pair; send well-formed Unicode.");
  if (/__proto__\s*:/.test(text))
    throw new HttpRefusal(400, "BAD_INPUT", "The document names something __proto__, which no object may have; rename it.");
  if (bracketDepth(text) > DOCUMENT_BOUNDS.brackets)
    throw tooMuch(`The document nests brackets deeper than ${DOCUMENT_BOUNDS.brackets} levels; make it flatter.`);
}

/** How deep (), [] and {} nest, texts and comments left out. */
export function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case "{":
      case "(":
      case "[":
        deepest = Math.max(deepest, ++depth);
        break;
      case "}":
      case ")":
      case "]":
        depth--;
        break;
      case "#":
        while (i + 1 < text.length && text[i + 1] !== "\n" && text[i + 1] !== "\r") i++;
        break;
      case '"':
        i = text.startsWith('"""', i) ? endOfBlock(text, i + 3) : endOfString(text, i + 1);
        break;
    }
  }
  return deepest;
}

function endOfString(text: string, from: number): number {
  let i = from;
  // A line's end closes a text that was left open: the parser will refuse it there.
  for (; i < text.length && text[i] !== '"' && text[i] !== "\n" && text[i] !== "\r"; i++) if (text[i] === "\\") i++;
  return i;
}

function endOfBlock(text: string, from: number): number {
  for (let end = text.indexOf('"""', from); end >= 0; end = text.indexOf('"""', end + 3))
    if (text[end - 1] !== "\\") return end + 2;
  return text.length;
}

function parseBounded(text: string): DocumentNode | undefined {
  try {
    return parse(text, { noLocation: true, maxTokens: DOCUMENT_BOUNDS.tokens });
  } catch (error) {
    if (error instanceof GraphQLError && /more that|more than/.test(error.message))
      throw tooMuch(`The document has more than ${DOCUMENT_BOUNDS.tokens} tokens; pass its values as variables, or split it.`);
    return undefined;
  }
}

/** A document's facts, or the refusal of the first bound it breaks. */
export function measureDocument(document: DocumentNode, variables: Variables): DocumentFacts {
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    else if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const walk = new Walk(fragments, pageVariables(operations, variables));
  const sum = nothing();
  for (const operation of operations) add(sum, walk.selectionSet(operation.selectionSet), operation.directives?.length ?? 0);
  // Fragments that no operation spreads are validated all the same.
  for (const name of fragments.keys()) walk.fragment(name);
  for (const bound of ["depth", "selections", "roots", "aliases", "directives", "cost"] as const)
    if (sum[bound] > DOCUMENT_BOUNDS[bound]) throw tooMuch(`${REMEDIES[bound]} (bound: ${DOCUMENT_BOUNDS[bound]}).`);
  if (walk.introspects && sum.lists >= DOCUMENT_BOUNDS.introspectionLists)
    throw tooMuch("The introspection asks for lists of fields within lists of fields; ask for a type by its name instead.");
  // Only now is it affordable to write every fragment out.
  const pairs = operations.reduce((total, operation) => total + pairsOf([operation.selectionSet], fragments), 0);
  if (pairs > DOCUMENT_BOUNDS.pairs)
    throw tooMuch(
      `The document asks for the same fields over and over; ask for each once (bound: ${DOCUMENT_BOUNDS.pairs} pairs).`,
    );
  return {
    depth: sum.depth,
    selections: sum.selections,
    roots: sum.roots,
    aliases: sum.aliases,
    directives: sum.directives,
    cost: sum.cost,
    pairs,
    introspects: walk.introspects,
    mutates: operations.some(({ operation }) => operation === OperationTypeNode.MUTATION),
    variable: walk.variable,
  };
}

const REMEDIES = {
  depth: "The document asks for fields nested too deep; split it into several operations",
  selections: "The document asks for too many fields; split it into several operations",
  roots: "The document has too many fields at its root; split it into several operations",
  aliases: "The document has too many aliases; split it into several operations",
  directives: "The document has too many directives; leave fields out instead",
  cost: "The pages asked for multiply to too many fields; ask for fewer rows (first) or fewer fields of each",
} as const;

interface Measure {
  depth: number;
  selections: number;
  /** Fields at this level. */
  roots: number;
  aliases: number;
  directives: number;
  cost: number;
  /** Introspection lists within each other. */
  lists: number;
}

function nothing(): Measure {
  return { depth: 0, selections: 0, roots: 0, aliases: 0, directives: 0, cost: 0, lists: 0 };
}

function add(sum: Measure, part: Measure, directives: number): void {
  sum.depth = Math.max(sum.depth, part.depth);
  sum.lists = Math.max(sum.lists, part.lists);
  sum.selections += part.selections;
  sum.roots += part.roots;
  sum.aliases += part.aliases;
  sum.directives += part.directives + directives;
  sum.cost += part.cost;
}

/** Each selection set is visited once however often it is spread: a fragment's measure is kept. */
class Walk {
  introspects = false;
  variable = false;
  readonly #measured = new Map<string, Measure | "open">();
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Variables;

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>, variables: Variables) {
    this.#fragments = fragments;
    this.#variables = variables;
  }

  selectionSet(set: SelectionSetNode): Measure {
    const sum = nothing();
    for (const selection of set.selections) {
      const directives = selection.directives?.length ?? 0;
      sum.selections++;
      if (selection.kind === Kind.FIELD) add(sum, this.#field(selection), directives);
      else if (selection.kind === Kind.INLINE_FRAGMENT) add(sum, this.selectionSet(selection.selectionSet), directives);
      else add(sum, this.fragment(selection.name.value), directives);
    }
    return sum;
  }

  fragment(name: string): Measure {
    const known = this.#measured.get(name);
    if (known === "open")
      throw new HttpRefusal(400, "TOO_COMPLEX", `The fragment ${name.slice(0, 60)} spreads itself; take the spread out.`);
    if (known) return known;
    const definition = this.#fragments.get(name);
    // Validation names a fragment that is not there.
    if (!definition) return nothing();
    this.#measured.set(name, "open");
    const measure = this.selectionSet(definition.selectionSet);
    measure.directives += definition.directives?.length ?? 0;
    this.#measured.set(name, measure);
    return measure;
  }

  #field(field: FieldNode): Measure {
    const name = field.name.value;
    if (name === "__schema" || name === "__type") this.introspects = true;
    const rows = this.#rows(field);
    const inner = field.selectionSet ? this.selectionSet(field.selectionSet) : nothing();
    return {
      depth: inner.depth + 1,
      selections: inner.selections,
      roots: 1,
      aliases: inner.aliases + (field.alias ? 1 : 0),
      directives: inner.directives,
      cost: 1 + rows * inner.cost,
      lists: inner.lists + (INTROSPECTION_LISTS.has(name) ? 1 : 0),
    };
  }

  /** How many rows a field may answer: its page, its list of ids, or what a connection gives unasked. */
  #rows(field: FieldNode): number {
    let rows: number | undefined;
    for (const { name, value } of field.arguments ?? []) {
      const size = PAGE_ARGUMENTS.has(name.value) ? this.#number(value) : name.value === "ids" ? this.#length(value) : undefined;
      if (size === undefined) continue;
      if (size > DOCUMENT_BOUNDS.page)
        throw tooMuch(
          name.value === "ids"
            ? `ids has ${size} entries; ask for at most ${DOCUMENT_BOUNDS.page} at a time.`
            : `${name.value} is ${size}; a page has 1 to ${DOCUMENT_BOUNDS.page} rows. Ask for the next page with after.`,
        );
      rows = Math.max(rows ?? 0, size);
    }
    return Math.max(1, rows ?? (isConnection(field) ? ASSUMED_PAGE : 1));
  }

  #number(value: ValueNode): number | undefined {
    const given = this.#given(value);
    return typeof given === "number" && !Number.isNaN(given) ? given : undefined;
  }

  #length(value: ValueNode): number | undefined {
    const given = this.#given(value);
    return Array.isArray(given) ? given.length : undefined;
  }

  #given(value: ValueNode): unknown {
    if (value.kind !== Kind.VARIABLE) return constant(value);
    this.variable = true;
    return this.#variables[value.name.value];
  }
}

function constant(value: ValueNode): unknown {
  if (value.kind === Kind.INT || value.kind === Kind.FLOAT) return Number(value.value);
  return value.kind === Kind.LIST ? value.values : undefined;
}

function isConnection(field: FieldNode): boolean {
  return (
    field.selectionSet?.selections.some(
      (selection) => selection.kind === Kind.FIELD && (selection.name.value === "nodes" || selection.name.value === "edges"),
    ) ?? false
  );
}

/** What the variables stand for: as sent, else the greatest default among the operations. */
function pageVariables(operations: readonly OperationDefinitionNode[], sent: Variables): Variables {
  const values: Record<string, unknown> = Object.create(null);
  for (const { variableDefinitions } of operations) {
    for (const { variable, defaultValue } of variableDefinitions ?? []) {
      const name = variable.name.value;
      const given = Object.hasOwn(sent, name) ? sent[name] : undefined;
      if (given !== undefined) values[name] = given;
      else if (defaultValue) {
        const standard = constant(defaultValue);
        const other = values[name];
        values[name] =
          typeof standard === "number" && typeof other === "number" ? Math.max(standard, other) : (standard ?? other);
      }
    }
  }
  return values;
}

/** How many pairs of fields answer under the same name at the same place: what validation compares, one by one. */
function pairsOf(sets: readonly SelectionSetNode[], fragments: ReadonlyMap<string, FragmentDefinitionNode>): number {
  const byName = new Map<string, { count: number; sets: SelectionSetNode[] }>();
  const open = [...sets];
  for (let set = open.pop(); set; set = open.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) open.push(selection.selectionSet);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (fragment) open.push(fragment.selectionSet);
      } else {
        const name = (selection.alias ?? selection.name).value;
        const found = byName.get(name) ?? { count: 0, sets: [] };
        byName.set(name, found);
        found.count++;
        if (selection.selectionSet) found.sets.push(selection.selectionSet);
      }
    }
  }
  let pairs = 0;
  for (const { count, sets: inner } of byName.values())
    pairs += (count * (count - 1)) / 2 + (inner.length > 0 ? pairsOf(inner, fragments) : 0);
  return pairs;
}

function tooMuch(message: string): HttpRefusal {
  return new HttpRefusal(400, "TOO_COMPLEX", message);
}
