import { Migration } from "@mikro-orm/migrations";

/** Who asked for which change, when, and what became of it. */
export class Audit extends Migration {
  override up(): void {
    this.addSql(
      `create table "audit" ("id" bigserial primary key, "at" timestamptz(6) not null, "viewer_id" text not null, "name" text not null, "role" text not null, "department" text null, "operation" text not null, "subject" jsonb not null, "ended_at" timestamptz(6) null, "codes" text[] not null, "rejected" int not null default 0)`,
    );
  }

  override down(): void {
    this.addSql(`drop table "audit"`);
  }
}
