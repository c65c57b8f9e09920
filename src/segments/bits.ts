import type { Bound } from "./bind.js";
import { bandLeaf, bandsWithin, stageLeaf, tagLeaf, tierLeaf } from "./bitmap.js";

/** Bits by which users are chosen: those of stored leaves, of sets that a statement makes, and what is made from them. */
export type Bits =
  | { readonly kind: "everybody" | "nobody" }
  | { readonly kind: "leaf"; readonly leaf: string }
  | { readonly kind: "set"; readonly of: Bound }
  | { readonly kind: "and" | "or"; readonly of: readonly Bits[] }
  | { readonly kind: "not"; readonly of: Bits };

/** Who certainly satisfies an expression, and who may. Between them rows decide; where both are the same object, nobody is left to them. */
export interface Bounds {
  readonly least: Bits;
  readonly most: Bits;
}

const EVERYBODY: Bits = { kind: "everybody" };
const NOBODY: Bits = { kind: "nobody" };

/**
 * What stored bits say of an expression.
 *
 * @param isSet leaves whose users the statement makes into a set of their own, exactly
 */
export function boundsOf(node: Bound, isSet: (leaf: Bound) => boolean): Bounds {
  if (isSet(node)) return exactly({ kind: "set", of: node });
  switch (node.kind) {
    case "all":
      return joined("and", node.of, isSet);
    case "any":
      return joined("or", node.of, isSet);
    case "not": {
      const { least, most } = boundsOf(node.of, isSet);
      return least === most ? exactly(not(least)) : { least: not(most), most: not(least) };
    }
    case "tag": {
      if (node.tag.slot !== null) return { least: NOBODY, most: EVERYBODY };
      const held: Bits = { kind: "leaf", leaf: tagLeaf(node.tag.id) };
      return node.tag.valueType === "BOOLEAN" || node.test.op === "IS_SET" ? exactly(held) : { least: NOBODY, most: held };
    }
    case "tier":
      return exactly(anyLeaf(node.tiers.map((tier) => tierLeaf(node.schemeId, tier))));
    case "stage":
      return exactly(anyLeaf(node.in.map(stageLeaf)));
    case "score": {
      const { whole, cut } = bandsWithin(node.gte, node.lt);
      const leaves = (bands: readonly number[]) => anyLeaf(bands.map((band) => bandLeaf(node.definitionId, band)));
      const least = leaves(whole);
      return cut.length === 0 ? exactly(least) : { least, most: leaves([...whole, ...cut]) };
    }
    case "decline":
      return { least: NOBODY, most: anyLeaf(node.tagIds.map(tagLeaf)) };
    case "channel":
    case "attribute":
    case "event":
    case "rfm":
    case "break":
    case "member":
    case "ids":
      return { least: NOBODY, most: EVERYBODY };
  }
}

function exactly(bits: Bits): Bounds {
  return { least: bits, most: bits };
}

function anyLeaf(leaves: readonly string[]): Bits {
  return join(
    "or",
    [...new Set(leaves)].map((leaf) => ({ kind: "leaf", leaf })),
  );
}

function joined(kind: "and" | "or", nodes: readonly Bound[], isSet: (leaf: Bound) => boolean): Bounds {
  const bounds = nodes.map((node) => boundsOf(node, isSet));
  const least = join(
    kind,
    bounds.map((each) => each.least),
  );
  if (bounds.every((each) => each.least === each.most)) return exactly(least);
  return {
    least,
    most: join(
      kind,
      bounds.map((each) => each.most),
    ),
  };
}

/** Without what decides nothing; nobody, or everybody, where that decides all. */
function join(kind: "and" | "or", of: readonly Bits[]): Bits {
  const [neutral, deciding] = kind === "and" ? [EVERYBODY, NOBODY] : [NOBODY, EVERYBODY];
  if (of.some((each) => each.kind === deciding.kind)) return deciding;
  const rest = of.filter((each) => each.kind !== neutral.kind);
  return rest.length === 0 ? neutral : rest.length === 1 ? rest[0]! : { kind, of: rest };
}

function not(bits: Bits): Bits {
  if (bits.kind === "everybody") return NOBODY;
  if (bits.kind === "nobody") return EVERYBODY;
  return bits.kind === "not" ? bits.of : { kind: "not", of: bits };
}
