import { Migration } from "@mikro-orm/migrations";

/** The feed of changes, in an order in which no reader passes over one that commits later. */
export class Change extends Migration {
  override up(): void {
    this.addSql(
      `create table "change" ("id" bigserial primary key, "xid" bigint not null, "at" timestamptz(6) not null, "recorded_at" timestamptz(6) not null, "kind" text not null, "user_id" bigint not null, "subject_id" int not null, "before" jsonb null, "after" jsonb null, "reason" text null)`,
    );
    this.addSql(`create index "change_xid_id_index" on "change" ("xid", "id")`);
    this.addSql(`create index "change_user_id_xid_index" on "change" ("user_id", "xid")`);
  }

  override down(): void {
    this.addSql(`drop table "change"`);
  }
}
