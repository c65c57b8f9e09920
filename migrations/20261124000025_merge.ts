import { Migration } from "@mikro-orm/migrations";

/** Users that became one, with what is needed to part them again. */
export class Merge extends Migration {
  override up(): void {
    this.addSql(`set local citus.multi_shard_modify_mode to 'sequential'`);
    this.addSql(
      `create table "user_merge" ("user_id" bigint not null, "into_user_id" bigint not null, "survivor_id" bigint not null, "merged_at" timestamptz(6) not null, "by_whom" text not null, "kept" jsonb not null, primary key ("user_id"))`,
    );
    this.addSql(`create index "user_merge_survivor_id_index" on "user_merge" ("survivor_id")`);
    this.addSql(
      `do $$ begin if exists (select from pg_extension where extname = 'citus') then perform create_distributed_table('user_merge', 'user_id'); end if; end $$`,
    );
  }

  override down(): void {
    this.addSql(`drop table "user_merge"`);
  }
}
