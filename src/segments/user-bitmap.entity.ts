import { defineEntity, p } from "@mikro-orm/core";

/**
 * Who of a chunk of users holds a leaf (bitmap.ts), one bit each. Derived: the rows of tags, tiers and scores are the truth.
 * Spread by the chunk, so that the leaves of a chunk lie together and are combined where they lie.
 */
export const UserBitmapEntity = defineEntity({
  name: "UserBitmap",
  tableName: "user_bitmap",
  properties: {
    leaf: p.text().primary(),
    chunk: p.integer().primary(),
    bits: p.string().columnType("bit(8192)"),
  },
  indexes: [{ properties: ["chunk"] }],
});
