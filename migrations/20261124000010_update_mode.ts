import { Migration } from "@mikro-orm/migrations";

/** When a computed tag's values are brought up to date: with every change, by a schedule, or when somebody says so. */
export class UpdateMode extends Migration {
  override up(): void {
    this.addSql(
      `alter table "tag" add column "update_mode" text not null default 'LIVE', add column "schedule" text null, add column "run_at" timestamptz(6) null, add column "next_run_at" timestamptz(6) null`,
    );
  }

  override down(): void {
    this.addSql(
      `alter table "tag" drop column "update_mode", drop column "schedule", drop column "run_at", drop column "next_run_at"`,
    );
  }
}
