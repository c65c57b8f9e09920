import { Migration } from "@mikro-orm/migrations";

/** Declared types of users' attributes, and which of them are personal. */
export class Attribute extends Migration {
  override up(): void {
    this.addSql(
      `create table "attribute" ("id" serial primary key, "key" text not null, "type" text not null, "personal" boolean not null, "description" text not null, "department_id" int not null, "saved_at" timestamptz(6) not null, "saved_by" text not null)`,
    );
    this.addSql(`alter table "attribute" add constraint "attribute_key_unique" unique ("key")`);
  }

  override down(): void {
    this.addSql(`drop table "attribute"`);
  }
}
