import { TidemarkError } from "../errors.js";
import type { UserError } from "../page.js";
import { changeRefusal, mayChange, principalOf } from "../people/access.js";
import { attributeRemedy, mayReadAttribute } from "../people/attribute.js";
import { attributesOfRequest } from "../people/attribute.loader.js";
import type { RequestContext } from "../request.js";
import { readInput } from "./definition-text.js";
import { ExpressionError } from "./parse.js";
import { catalogueOf, type TagRow, wholeCatalogueOf } from "./tag.loader.js";

/** A tag that there is but that the viewer may not read. */
export async function withheldTag(context: RequestContext, key: string): Promise<TagRow | undefined> {
  // To a frontend it is as unknown as what is not there.
  if (context.viewer.role === "APP") return undefined;
  const tag = (await wholeCatalogueOf(context)()).byKey.get(key);
  return tag && !(await catalogueOf(context)()).byKey.has(key) ? tag : undefined;
}

/** Names of tags are known inside the company, their values are not: who asks by name is told whom to ask. */
export function withheld({ key, department }: Pick<TagRow, "key" | "department">): TidemarkError {
  return new TidemarkError(
    "FORBIDDEN",
    `The tag ${key} belongs to the department ${department.key}, which has not shared it with yours; ask for it with requestGrant.`,
    { department: department.key },
  );
}

/**
 * Why the viewer may not change a tag (or make one for a department), or may not make it from the tags that a definition names; empty when
 * they may. What a definition cannot mean is said where it is read.
 */
export async function refusedChange(
  context: RequestContext,
  { key, department, definition }: { readonly key: string; readonly department?: string; readonly definition?: unknown },
): Promise<UserError[]> {
  const owner = department ?? (await wholeCatalogueOf(context)()).byKey.get(key)?.department.key;
  if (owner !== undefined && !mayChange(principalOf(context.viewer), { department: { key: owner } }))
    return [
      {
        code: "FORBIDDEN",
        message: changeRefusal(owner),
        path: [department === undefined ? "key" : "department"],
      },
    ];
  const refusal = await refusedDefinition(context, definition);
  return refusal ? [{ code: "FORBIDDEN", message: refusal.message, path: ["definition"] }] : [];
}

/** Why the viewer may not make anything from what a definition names: a tag that is not shared, or an attribute that is personal. */
export async function refusedDefinition(context: RequestContext, definition: unknown): Promise<TidemarkError | undefined> {
  const json = jsonOf(definition);
  for (const key of namedIn(json, "tag")) {
    const tag = await withheldTag(context, key);
    if (tag) return withheld(tag);
  }
  const declared = await attributesOfRequest(context);
  const personal = namedIn(json, "attribute").find((key) => !mayReadAttribute(context.viewer, key, declared));
  if (personal === undefined) return undefined;
  return new TidemarkError(
    "FORBIDDEN",
    `The attribute ${JSON.stringify(personal.slice(0, 60))} is personal and cannot be asked for; ${attributeRemedy(context.viewer)}`,
  );
}

/** Whatever form it has; a text that means nothing is refused where it is read. */
function jsonOf(definition: unknown): unknown {
  try {
    return readInput(definition).json;
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** The tags that a definition names that nobody has checked yet, whatever form it has. */
export function tagsNamedIn(definition: unknown): string[] {
  return namedIn(jsonOf(definition), "tag");
}

function namedIn(definition: unknown, field: "tag" | "attribute"): string[] {
  if (Array.isArray(definition)) return definition.flatMap((each) => namedIn(each, field));
  if (typeof definition !== "object" || definition === null) return [];
  return Object.entries(definition).flatMap(([name, value]) =>
    name === field && typeof value === "string" ? [value] : namedIn(value, field),
  );
}
