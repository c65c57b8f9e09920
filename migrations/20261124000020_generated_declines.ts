import { Migration } from "@mikro-orm/migrations";

/** The metric from which a decline tag was generated. */
export class GeneratedDeclines extends Migration {
  override up(): void {
    this.addSql(`alter table "tag" add column "generated_from" int null`);
  }

  override down(): void {
    this.addSql(`alter table "tag" drop column "generated_from"`);
  }
}
