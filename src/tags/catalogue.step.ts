import type { UserError } from "../page.js";
import type { Visibility } from "../people/access.js";
import { hasBadCharacter, shown } from "../people/clean.js";
import { markEverybody } from "../people/mark.step.js";
import type { Pool, Transaction } from "../store/pool.js";
import type { TagDefinition } from "./definition.js";
import { KIND_OF_VALUE, readDefinition } from "./definition.loader.js";
import type { Dependant } from "./dependant.js";
import { generateDecline, moveGenerated } from "./generate.step.js";
import { ExpressionError } from "./parse.js";
import { recordRevision } from "./record-revision.step.js";
import type { TagFamily, TagKind, TagState, TagValueType } from "./tag.entity.js";
import { bumpCatalogue, lockCatalogue, type TagCatalogue, type TagRow, tagCatalogue } from "./tag.loader.js";

export interface NewTag {
  readonly key: string;
  readonly name: string;
  readonly description?: string | null;
  readonly family: TagFamily;
  readonly kind: TagKind;
  readonly valueType?: TagValueType | null;
  readonly unit?: string | null;
  readonly department: string;
  /** PUBLIC when left out. */
  readonly visibility?: Visibility;
  readonly definition?: unknown;
  readonly ttlDays?: number | null;
}

export interface TagPayload {
  readonly tag: TagRow | null;
  readonly errors: UserError[];
}

const LONGEST_TTL_DAYS = 3_650;
const LONGEST_NAME = 200;
const LONGEST_DESCRIPTION = 2_000;

/** MANUAL and IMPORTED tags are ACTIVE at once; computed ones begin as a DRAFT, and are computed once they have been moved to ACTIVE. */
export async function createTag(pool: Pool, input: NewTag, by: string, now: Date): Promise<TagPayload> {
  const catalogue = await tagCatalogue(pool);
  const errors = [...checkKey(input.key), ...checkTexts(input), ...checkTtl(input.ttlDays ?? null, input.kind, 1)];
  if (catalogue.byKey.has(input.key))
    errors.push({ code: "CONFLICT", message: `There is a tag ${shown(input.key)} already; choose another key.`, path: ["key"] });
  const read = await definitionOf(pool, input, catalogue);
  errors.push(...read.errors);
  const [department] = await pool.read<{ id: number }>("select id from department where key = $1", [input.department]);
  if (!department)
    errors.push({
      code: "NOT_FOUND",
      message: `There is no department ${shown(input.department)}; \`departments\` lists those there are.`,
      path: ["department"],
    });
  if (errors.length > 0 || !department) return { tag: null, errors };
  const state: TagState = read.definition ? "DRAFT" : "ACTIVE";
  const made = await pool.transaction(async (transaction) => {
    const [row] = await transaction.read<{ id: number }>(
      `insert into tag (key, name, description, family, kind, value_type, unit, department_id, state, definition, ttl_days, visibility, slot, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, $13, case when $5 = 'METRIC' then (select coalesce(max(slot), -1) + 1 from tag) end, $11, $11)
       on conflict (key) do nothing returning id`,
      [
        input.key,
        input.name,
        input.description ?? "",
        input.family,
        input.kind,
        read.valueType,
        input.unit ?? null,
        department.id,
        state,
        read.definition ? JSON.stringify(read.definition) : null,
        now,
        input.ttlDays ?? null,
        input.visibility ?? "PUBLIC",
      ],
    );
    if (!row) return false;
    await recordMove(transaction, { tagId: row.id, from: null, to: state, by, reason: null }, now);
    await recordRevision(transaction, row.id, { by, reason: null }, now);
    await generateDecline(transaction, row.id, by, now);
    return true;
  });
  if (!made)
    return {
      tag: null,
      errors: [{ code: "CONFLICT", message: `There is a tag ${shown(input.key)} already; choose another key.`, path: ["key"] }],
    };
  return { tag: (await tagCatalogue(pool)).byKey.get(input.key) ?? null, errors: [] };
}

/*
 * DRAFT -> ACTIVE <-> DEPRECATED -> RETIRED, and DRAFT -> RETIRED. A tag in use is deprecated before it is retired, so that whoever relies on it
 * sees it coming; a retired tag never comes back, since its key may be remembered with another meaning.
 */
const MOVES: Readonly<Record<TagState, readonly TagState[]>> = {
  DRAFT: ["ACTIVE", "RETIRED"],
  ACTIVE: ["DEPRECATED"],
  DEPRECATED: ["ACTIVE", "RETIRED"],
  RETIRED: [],
};

export interface Move {
  readonly key: string;
  readonly to: TagState;
  readonly reason: string | null;
  readonly by: string;
}

/** @param dependants what is made from the tag: it cannot be retired before them */
export async function moveTag(pool: Pool, move: Move, dependants: readonly Dependant[], now: Date): Promise<TagPayload> {
  const tag = (await tagCatalogue(pool)).byKey.get(move.key);
  if (!tag) return refused("NOT_FOUND", `There is no tag ${shown(move.key)}; \`tags\` lists those there are.`, "key");
  if (!MOVES[tag.state].includes(move.to))
    return refused(
      "CONFLICT",
      `The tag ${tag.key} is ${tag.state}, and from there can go to ${MOVES[tag.state].join(" or ") || "nowhere; make another tag"}.`,
      "to",
    );
  if (move.to === "RETIRED" && dependants.length > 0)
    return refused(
      "CONFLICT",
      `The tag ${tag.key} is needed by ${dependants.map(({ __typename, key }) => `${__typename} ${key}`).join(", ")}; change or retire those first.`,
      "to",
    );
  const moved = await pool.transaction(async (transaction) => {
    // Somebody else may have moved it meanwhile.
    await lockCatalogue(transaction);
    const rows = await transaction.read("update tag set state = $2, updated_at = $4 where id = $1 and state = $3 returning id", [
      tag.id,
      move.to,
      tag.state,
      now,
    ]);
    if (rows.length > 0) {
      await moveGenerated(transaction, { tagId: tag.id, from: tag.state, to: move.to, by: move.by }, now);
      await recordMove(transaction, { tagId: tag.id, from: tag.state, to: move.to, by: move.by, reason: move.reason }, now);
      if (tag.state === "DRAFT" && move.to === "ACTIVE" && tag.definition) await markEverybody(transaction, now);
    }
    return rows.length > 0;
  });
  if (!moved) return refused("CONFLICT", `The tag ${tag.key} was moved by somebody else meanwhile; look at it again.`, "key");
  return { tag: (await tagCatalogue(pool)).byKey.get(tag.key) ?? null, errors: [] };
}

async function recordMove(
  transaction: Transaction,
  move: { tagId: number; from: TagState | null; to: TagState; by: string; reason: string | null },
  now: Date,
): Promise<void> {
  await transaction.read(
    "insert into tag_lifecycle (tag_id, from_state, to_state, at, by_whom, reason) values ($1, $2, $3, $4, $5, $6)",
    [move.tagId, move.from, move.to, now, move.by, move.reason],
  );
  await bumpCatalogue(transaction);
}

export function refused(code: string, message: string, field: string): TagPayload {
  return { tag: null, errors: [{ code, message, path: [field] }] };
}

function checkKey(key: string): UserError[] {
  if (/^[a-z][a-z0-9_]{0,62}$/.test(key)) return [];
  return [
    {
      code: "BAD_INPUT",
      message: `The key ${shown(key)} is not one: lower case letters, digits and underscores, beginning with a letter, at most 63.`,
      path: ["key"],
    },
  ];
}

/** @param least 1, or 0 where that stands for never */
export function checkTtl(ttlDays: number | null, kind: TagKind, least: 0 | 1): UserError[] {
  if (ttlDays === null) return [];
  if (kind !== "MANUAL" && kind !== "IMPORTED")
    return [
      {
        code: "BAD_INPUT",
        message: `A ${kind} tag is computed and ends when it does not hold any more; leave ttlDays out.`,
        path: ["ttlDays"],
      },
    ];
  if (Number.isInteger(ttlDays) && ttlDays >= least && ttlDays <= LONGEST_TTL_DAYS) return [];
  return [
    {
      code: "BAD_INPUT",
      message: `ttlDays is ${ttlDays}; it takes whole days from ${least} to ${LONGEST_TTL_DAYS}.`,
      path: ["ttlDays"],
    },
  ];
}

export function checkTexts(input: Pick<NewTag, "name" | "description" | "unit">): UserError[] {
  const errors: UserError[] = [];
  const bounded = [
    ["name", input.name, LONGEST_NAME],
    ["description", input.description ?? "", LONGEST_DESCRIPTION],
    ["unit", input.unit ?? "", LONGEST_NAME],
  ] as const;
  for (const [field, text, longest] of bounded) {
    if (text.length > longest)
      errors.push({
        code: "TOO_LONG",
        message: `${field} has ${text.length} characters; at most ${longest} fit.`,
        path: [field],
      });
    else if (hasBadCharacter(text))
      errors.push({
        code: "BAD_CHARACTER",
        message: `${field} has a NUL byte or half of a surrogate pair; send well-formed text.`,
        path: [field],
      });
  }
  if (input.name.trim() === "")
    errors.push({ code: "BAD_INPUT", message: "The name is empty; give one that people understand.", path: ["name"] });
  return errors;
}

async function definitionOf(
  pool: Pool,
  input: NewTag,
  catalogue: TagCatalogue,
): Promise<{ definition: TagDefinition | null; valueType: TagValueType; errors: UserError[] }> {
  const absent = input.definition === undefined || input.definition === null;
  const refusal = (code: string, message: string, ...path: string[]) => ({
    definition: null,
    valueType: "BOOLEAN" as const,
    errors: [{ code, message, path }],
  });
  switch (input.kind) {
    case "MANUAL":
    case "IMPORTED":
      if (!absent)
        return refusal(
          "BAD_INPUT",
          `A ${input.kind} tag is given by people or systems, so it has no definition; leave it out.`,
          "definition",
        );
      return { definition: null, valueType: input.valueType ?? "BOOLEAN", errors: [] };
    case "RULE":
    case "METRIC": {
      const [first, ...others]: TagValueType[] = input.kind === "RULE" ? ["BOOLEAN", "TEXT"] : ["NUMBER"];
      const valueType = input.valueType ?? first!;
      if (valueType !== first && !others.includes(valueType))
        return refusal("BAD_INPUT", `A ${input.kind} tag's value is ${[first, ...others].join(" or ")}.`, "valueType");
      if (absent) return refusal("BAD_INPUT", `A ${input.kind} tag is computed: give its definition.`, "definition");
      try {
        const gives = KIND_OF_VALUE[valueType];
        const definition = await readDefinition(pool, catalogue, { input: input.definition, gives });
        return { definition, valueType, errors: [] };
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        return refusal(
          "BAD_INPUT",
          `definition${error.path.map((part) => `.${part}`).join("")}: ${error.message}`,
          "definition",
          ...error.path,
        );
      }
    }
    case "DECLINE":
    case "MODEL":
      return refusal("BAD_INPUT", `${input.kind} tags are generated; make a MANUAL, IMPORTED, RULE or METRIC tag.`, "kind");
  }
}
