import { Migration } from "@mikro-orm/migrations";

/** Keys of services and of people, by their hash alone. */
export class ApiKey extends Migration {
  override up(): void {
    this.addSql(
      `create table "api_key" ("id" serial primary key, "prefix" text not null, "hash" bytea not null, "name" text not null, "role" text not null, "created_at" timestamptz(6) not null, "created_by" text not null, "expires_at" timestamptz(6) null, "revoked_at" timestamptz(6) null, "last_used_at" timestamptz(6) null)`,
    );
    this.addSql(`alter table "api_key" add constraint "api_key_prefix_unique" unique ("prefix")`);
  }

  override down(): void {
    this.addSql(`drop table "api_key"`);
  }
}
