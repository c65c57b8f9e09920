import { Migration } from "@mikro-orm/migrations";

/** Which users' rows say more than their bits do, in a table of its own: beside a million marks of everybody the few were not found by the index. */
export class UserStale extends Migration {
  override up(): void {
    this.addSql(`create table "user_stale" ("user_id" bigint not null, primary key ("user_id"))`);
    this.addSql(`insert into user_stale (user_id) select user_id from user_change where stale`);
    this.addSql(`drop index "user_change_stale_index"`);
    this.addSql(`alter table "user_change" drop column "stale"`);
  }

  override down(): void {
    this.addSql(`alter table "user_change" add column "stale" boolean not null default false`);
    this.addSql(`create index "user_change_stale_index" on "user_change" ("user_id") where "stale"`);
    this.addSql(`update user_change c set stale = true from user_stale s where s.user_id = c.user_id`);
    this.addSql(`drop table "user_stale"`);
  }
}
