import { defineEntity, p } from "@mikro-orm/core";
import type { TagDefinition } from "./definition.js";

/** What of a tag is changed by revisions; its key, kind and owner stay. */
export interface TagContent {
  readonly name: string;
  readonly description: string;
  readonly unit: string | null;
  readonly definition: TagDefinition | null;
  /** Of MANUAL and IMPORTED tags; null: assignments hold until they are taken. */
  readonly ttlDays: number | null;
}

/** What a tag said from one publication to the next. Append-only, so that what was once meant stays readable. */
export const TagRevisionEntity = defineEntity({
  name: "TagRevision",
  tableName: "tag_revision",
  properties: {
    tagId: p.integer().primary(),
    revision: p.integer().primary(),
    content: p.json<TagContent>(),
    publishedAt: p.datetime(6),
    publishedBy: p.text(),
    reason: p.text().nullable(),
  },
});
