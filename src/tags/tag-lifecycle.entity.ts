import { defineEntity, p } from "@mikro-orm/core";
import { TagEntity, type TagState } from "./tag.entity.js";

/** One move of a tag's lifecycle: who, when, why. Append-only. */
export const TagLifecycleEntity = defineEntity({
  name: "TagLifecycle",
  tableName: "tag_lifecycle",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    tag: () => p.manyToOne(TagEntity).updateRule("no action").deleteRule("no action"),
    fromState: p.text().$type<TagState>().nullable(),
    toState: p.text().$type<TagState>(),
    at: p.datetime(6),
    byWhom: p.text(),
    reason: p.text().nullable(),
  },
});
