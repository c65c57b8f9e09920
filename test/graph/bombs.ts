/** Documents and bodies that would cost a server far more than they cost their sender, each by its name. */
export interface Bomb {
  readonly name: string;
  /** The raw body; by default JSON of the query and the variables. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly query?: string;
  readonly variables?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly search?: string;
  readonly status?: number;
}

const times = (count: number, text: (index: number) => string, between = " ") =>
  Array.from({ length: count }, (_, i) => text(i)).join(between);
const letters = "abcdefghijklmnopqrstuvwxyz";
const doubling = (leaf: string, count = 26) =>
  `{ ...${letters[0]} } ${times(count, (i) => `fragment ${letters[i]} on Query { ${i === count - 1 ? leaf : `...${letters[i + 1]} ...${letters[i + 1]}`} }`)}`;
const nested = (depth: number, open: string, inner: string, close: string) => open.repeat(depth) + inner + close.repeat(depth);
const LEVEL = 'user(externalId: "x") { segments { ';

export const bombs: readonly Bomb[] = [
  { name: "26 fragments, each spreading the next twice", query: doubling("service { now }") },
  { name: "the same with __typename at its end", query: doubling("__typename") },
  { name: "the same with nothing known at its end", query: doubling("...nowhere") },
  { name: "the same beside an innocent operation", query: `query A { service { now } } query B ${doubling("__typename")}` },
  {
    name: "the same under fields",
    query: `{ ...a } ${times(20, (i) => `fragment ${letters[i]} on Query { s: service { now } ...${letters[i + 1]} ...${letters[i + 1]} }`)} fragment ${letters[20]} on Query { __typename }`,
  },
  {
    name: "the same, spread by nobody",
    query: `{ __typename } ${times(25, (i) => `fragment ${letters[i]} on Query { ...${letters[i + 1]} ...${letters[i + 1]} }`)} fragment z on Query { ...z }`,
  },
  {
    name: "doubling through inline fragments",
    query: `{ ...a } ${times(20, (i) => `fragment ${letters[i]} on Query { ... on Query { ...${letters[i + 1]} } ... on Query { ...${letters[i + 1]} } }`)} fragment u on Query { __typename }`,
  },
  { name: "a fragment that spreads itself", query: "{ ...a } fragment a on Query { service { now } ...a }" },
  {
    name: "fragments in a circle of three",
    query: "{ ...a } fragment a on Query { ...b } fragment b on Query { ...c } fragment c on Query { ...a }",
  },
  {
    name: "a circle that no operation spreads",
    query: "{ __typename } fragment a on Query { ...b } fragment b on Query { ...a }",
  },
  {
    name: "a circle through a field",
    query:
      '{ user(externalId: "x") { ...a } } fragment a on User { segments { ...b } } fragment b on Segment { members { nodes { ...a } } }',
  },
  { name: "31 aliases", query: `{ ${times(31, (i) => `a${i}: __typename`)} }` },
  { name: "240 aliases of a costly field", query: `{ ${times(240, (i) => `a${i}: service { now }`)} }` },
  {
    name: "aliases hidden in fragments",
    query: `{ service { ...f ...g } } fragment f on Service { ${times(20, (i) => `a${i}: now`)} } fragment g on Service { ${times(20, (i) => `b${i}: now`)} }`,
  },
  { name: "one field 900 times", query: `{ service { ${"now ".repeat(900)} } }` },
  {
    name: "one field 400 times through fragments",
    query: `{ service { ${"...f ".repeat(40)} } } fragment f on Service { ${"now ".repeat(10)} }`,
  },
  { name: "one root field 300 times", query: `{ ${"service { now } ".repeat(300)} }` },
  { name: "21 roots", query: `{ ${"__typename ".repeat(21)} }` },
  { name: "51 directives on one field", query: `{ service { now ${"@include(if: true) ".repeat(51)} } }` },
  { name: "800 unknown directives", query: `{ __typename ${"@a".repeat(400)} }` },
  {
    name: "directives on fragments",
    query: `{ ...f ${"@a".repeat(20)} ...f ${"@a".repeat(20)} } fragment f on Query ${"@a".repeat(30)} { __typename }`,
  },
  { name: "17 levels of fields", query: `{ ${nested(17, "a {", "b", "}")} }` },
  { name: "60 levels through a cycle of the graph", query: `{ ${nested(30, LEVEL, "key", "} } ")} }` },
  {
    name: "depth hidden in fragments",
    query: `{ ...a } ${times(18, (i) => `fragment ${letters[i]} on User { segments { ...${letters[i + 1]} } }`)} fragment s on User { id }`,
  },
  { name: "500 levels of inline fragments", query: `{ ${nested(200, "... {", "__typename", "}")} }` },
  { name: "3,000 brackets", query: `{ a(b: ${nested(3000, "[", "", "]")}) }` },
  { name: "3,000 opening braces", query: "{".repeat(3000) },
  { name: "a type of 2,000 lists", query: `query ($v: ${nested(2000, "[", "Int", "]")}) { __typename }` },
  { name: "1,001 tokens", query: `{ service { ${"now ".repeat(996)} } }` },
  { name: "1,100 punctuators", query: `{ a(b: [${"1 $v ".repeat(600)}]) }` },
  { name: "20 kB of spaces", query: `{ __typename ${" ".repeat(20_000)} }` },
  { name: "20 kB of comment", query: `{ __typename } #${"x".repeat(20_000)}` },
  { name: "a text of 20 kB", query: `{ user(externalId: "${"x".repeat(20_000)}") { id } }` },
  { name: "a page of 501", query: "{ users(first: 501) { nodes { id } } }" },
  { name: "a page of 10 billion", query: "{ users(first: 9999999999) { nodes { id } } }" },
  { name: "a page of 501 by variable", query: "query ($n: Int!) { users(first: $n) { nodes { id } } }", variables: { n: 501 } },
  { name: "a page of 1e99 by variable", query: "query ($n: Int!) { users(first: $n) { nodes { id } } }", variables: { n: 1e99 } },
  { name: "a page of 501 by a default", query: "query ($n: Int = 501) { users(first: $n) { nodes { id } } }" },
  {
    name: "a page of 501 inside a fragment",
    query: "query ($n: Int!) { ...f } fragment f on Query { users(first: $n) { nodes { id } } }",
    variables: { n: 501 },
  },
  { name: "pages that multiply", query: "{ users(first: 500) { nodes { tags(first: 500) { nodes { tag { key } } } } } }" },
  {
    name: "pages that multiply by variables",
    query: "query ($n: Int!) { users(first: $n) { nodes { tags(first: $n) { nodes { tag { key } } } } } }",
    variables: { n: 400 },
  },
  { name: "pages that multiply unasked", query: "{ users { nodes { tags { nodes { x { nodes { y { nodes { id } } } } } } } } }" },
  { name: "501 ids", query: "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", variables: { ids: Array(501).fill("x") } },
  {
    name: "lists within lists of introspection",
    query: "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
  },
  {
    name: "introspection in circles by fragments",
    query: "{ __schema { types { ...a } } } fragment a on __Type { possibleTypes { interfaces { inputFields { name } } } }",
  },
  { name: "a batch", body: JSON.stringify(Array(10).fill({ query: "{ __typename }" })) },
  { name: "an empty batch", body: "[]" },
  { name: "JSON of 100,000 lists", body: `{"query":"{ __typename }","variables":{"a":${nested(100_000, "[", "", "]")}}}` },
  { name: "JSON of 5,000 objects", body: `{"query":"{ __typename }","variables":${nested(5_000, '{"a":', "1", "}")}}` },
  { name: "unfinished JSON of 1,000,000 lists", body: `{"query":${"[".repeat(1_000_000)}` },
  { name: "a prototype among the variables", body: '{"query":"{ __typename }","variables":{"__proto__":{"isAdmin":true}}}' },
  { name: "a prototype written as escapes", body: '{"query":"{ __typename }","variables":{"\\u005f_proto_\\u005F" : 1}}' },
  { name: "a prototype in the document", query: "{ __proto__: __typename }" },
  { name: "NUL in a variable", query: "query ($id: String!) { user(externalId: $id) { id } }", variables: { id: "a\0b" } },
  {
    name: "half a surrogate pair in a variable",
    query: "query ($id: String!) { user(externalId: $id) { id } }",
    variables: { id: "a\ud800b" },
  },
  {
    name: "NUL in a list of objects of a query",
    query: "query ($w: X) { users(where: $w) { totalCount } }",
    variables: { w: { all: [{ tag: { key: "\0" } }] } },
  },
  { name: "NUL in the document", query: '{ user(externalId: "\\u0000") { id } }' },
  { name: "NUL raw in the document", query: "{ \0 __typename }" },
  { name: "NUL in the operation's name", body: '{"query":"{ __typename }","operationName":"\\u0000"}' },
  { name: "bytes that are not UTF-8", body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]) },
  { name: "not JSON", body: "query { __typename }" },
  { name: "gzip", body: "x", headers: { "content-encoding": "gzip" }, status: 415 },
  { name: "deflate", body: "x", headers: { "content-encoding": "deflate" }, status: 415 },
  {
    name: "a form",
    body: "query=%7B__typename%7D",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    status: 415,
  },
  {
    name: "plain text, as a page of another site may send it",
    body: '{"query":"{ __typename }"}',
    headers: { "content-type": "text/plain" },
    status: 415,
  },
  {
    name: "UTF-16",
    body: '{"query":"{ __typename }"}',
    headers: { "content-type": "application/json; charset=utf-16" },
    status: 415,
  },
  { name: "9 MB", body: `{"query":"{ __typename }","variables":{"a":"${"x".repeat(9_000_000)}"}}`, status: 413 },
  { name: "PUT", body: "{}", method: "PUT", status: 405 },
  { name: "a fragment bomb by GET", method: "GET", search: `?query=${encodeURIComponent(doubling("__typename"))}` },
  { name: "deep variables by GET", method: "GET", search: `?query=%7B__typename%7D&variables=${nested(3000, "[", "", "]")}` },
];
