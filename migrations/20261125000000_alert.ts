import { Migration } from "@mikro-orm/migrations";

/** What somebody should look at: jumps in size, drift. */
export class Alert extends Migration {
  override up(): void {
    this.addSql(
      `create table "alert" ("id" bigserial primary key, "at" timestamptz(6) not null, "kind" text not null, "subject_type" text not null, "subject_key" text not null, "message" text not null)`,
    );
    this.addSql(
      `alter table "alert" add constraint "alert_kind_subject_type_subject_key_at_unique" unique ("kind", "subject_type", "subject_key", "at")`,
    );
  }

  override down(): void {
    this.addSql(`drop table "alert"`);
  }
}
