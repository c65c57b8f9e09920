import { Migration } from "@mikro-orm/migrations";

/** That a person was erased, and nothing of who it was. */
export class Erasure extends Migration {
  override up(): void {
    this.addSql(`set local citus.multi_shard_modify_mode to 'sequential'`);
    this.addSql(
      `create table "erasure" ("user_id" bigint not null, "at" timestamptz(6) not null, "by_whom" text not null, "reason" text null, primary key ("user_id"))`,
    );
    this.addSql(
      `do $$ begin if exists (select from pg_extension where extname = 'citus') then perform create_distributed_table('erasure', 'user_id'); end if; end $$`,
    );
  }

  override down(): void {
    this.addSql(`drop table "erasure"`);
  }
}
