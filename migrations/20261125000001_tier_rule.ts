import { Migration } from "@mikro-orm/migrations";

/** Second-level rules of tier schemes. */
export class TierRule extends Migration {
  override up(): void {
    this.addSql(`alter table "tier_scheme" add column "rules" jsonb not null default '[]'`);
  }

  override down(): void {
    this.addSql(`alter table "tier_scheme" drop column "rules"`);
  }
}
