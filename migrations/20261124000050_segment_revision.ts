import { Migration } from "@mikro-orm/migrations";

/** What a segment said from one save to the next. */
export class SegmentRevision extends Migration {
  override up(): void {
    this.addSql(`set local citus.multi_shard_modify_mode to 'sequential'`);
    this.addSql(
      `create table "segment_revision" ("segment_id" int not null, "revision" int not null, "expression" jsonb not null, "saved_at" timestamptz(6) not null, "saved_by" text not null, primary key ("segment_id", "revision"))`,
    );
    this.addSql(
      `insert into segment_revision (segment_id, revision, expression, saved_at, saved_by) select id, revision, expression, updated_at, 'unknown' from segment`,
    );
    this.addSql(
      `do $$ begin if exists (select from pg_extension where extname = 'citus') then perform create_reference_table('segment_revision'); end if; end $$`,
    );
  }

  override down(): void {
    this.addSql(`drop table "segment_revision"`);
  }
}
