import type { Transaction } from "../store/pool.js";

/** Who publishes, and why. */
export interface Publication {
  readonly key: string;
  readonly by: string;
  readonly reason: string | null;
}

/** The content of a row `t` of tag, as it is kept in drafts and revisions. */
export const TAG_CONTENT = `jsonb_build_object('name', t.name, 'description', t.description, 'unit', t.unit, 'definition', t.definition, 'ttlDays', t.ttl_days)`;

/** Keeps what a tag says from now on. */
export async function recordRevision(
  transaction: Transaction,
  tagId: number,
  { by, reason }: Omit<Publication, "key">,
  now: Date,
): Promise<void> {
  await transaction.read(
    `insert into tag_revision (tag_id, revision, content, published_at, published_by, reason)
     select t.id, t.revision, ${TAG_CONTENT}, $2, $3, $4 from tag t where id = $1`,
    [tagId, now, by, reason],
  );
}
