import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from "graphql";
import { GraphQLDateTimeISO, GraphQLJSONObject } from "graphql-scalars";

/** RFC 3339 in, UTC out. Its own name, for the library calls its scalar DateTimeISO and clients say DateTime. */
export const DateTime = new GraphQLScalarType({ ...GraphQLDateTimeISO.toConfig(), name: "DateTime" });
export const JSONObject = GraphQLJSONObject;

export type TagValueScalar = boolean | number | string;

function tagValue(value: unknown): TagValueScalar {
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new GraphQLError(`A TagValue is a Boolean, a finite number or a String, not ${JSON.stringify(value) ?? String(value)}.`, {
    extensions: { code: "BAD_INPUT" },
  });
}

export const TagValue = new GraphQLScalarType<TagValueScalar, TagValueScalar>({
  name: "TagValue",
  description: "The value of a tag: Boolean, Float or String.",
  serialize: tagValue,
  parseValue: tagValue,
  parseLiteral(node) {
    switch (node.kind) {
      case Kind.BOOLEAN:
      case Kind.STRING:
        return node.value;
      case Kind.INT:
      case Kind.FLOAT:
        return Number(node.value);
      default:
        return tagValue(undefined);
    }
  },
});

/** Values of one row of a bulk write are checked with their row, so that a bad one never fails its neighbours. */
function checkedWithItsRow(name: string, description: string): GraphQLScalarType<unknown, unknown> {
  return new GraphQLScalarType<unknown, unknown>({
    name,
    description,
    parseValue: (value) => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  });
}

export const RowDateTime = checkedWithItsRow(
  "RowDateTime",
  "An instant as RFC 3339 text, like DateTime; one that cannot be read rejects its own row with BAD_DATE.",
);
export const RowDecimal = checkedWithItsRow(
  "RowDecimal",
  "A decimal with at most 4 places, as a number or as text; one that cannot be read rejects its own row with BAD_AMOUNT.",
);
export const RowTagValue = checkedWithItsRow(
  "RowTagValue",
  "A tag's value as Boolean, number or text, like TagValue; one that does not fit its tag rejects its own row.",
);
