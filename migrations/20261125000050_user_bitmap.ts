import { Migration } from "@mikro-orm/migrations";

/** Who holds what as bits, in chunks of users; and which users' rows say more than their bits do. */
export class UserBitmap extends Migration {
  override up(): void {
    this.addSql(`set local citus.multi_shard_modify_mode to 'sequential'`);
    this.addSql(
      `create table "user_bitmap" ("leaf" text not null, "chunk" int not null, "bits" bit(8192) not null, primary key ("leaf", "chunk"))`,
    );
    this.addSql(`create index "user_bitmap_chunk_index" on "user_bitmap" ("chunk")`);
    // Room on each page for the next version of a row: a bit that changes then touches no index.
    this.addSql(`alter table "user_bitmap" set (fillfactor = 70)`);
    this.addSql(`alter table "user_change" add column "stale" boolean not null default false`);
    this.addSql(`create index "user_change_stale_index" on "user_change" ("user_id") where "stale"`);
    // Users who wait at this moment may have been written to.
    this.addSql(`update user_change set stale = true`);
    this.addSql(
      `do $$ begin if exists (select from pg_extension where extname = 'citus') then perform create_distributed_table('user_bitmap', 'chunk'); end if; end $$`,
    );
  }

  override down(): void {
    this.addSql(`drop index "user_change_stale_index"`);
    this.addSql(`alter table "user_change" drop column "stale"`);
    this.addSql(`drop table "user_bitmap"`);
  }
}
