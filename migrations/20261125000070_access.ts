import { Migration } from "@mikro-orm/migrations";

/** Keys belong to a department and may be bound to sources; departments grant one another rights on what is theirs. */
export class Access extends Migration {
  override up(): void {
    this.addSql(`alter table "api_key" add column "department_id" int null, add column "sources" text[] null`);
    this.addSql(`update api_key set department_id = (select id from department where key = 'company')`);
    this.addSql(`alter table "api_key" alter column "department_id" set not null`);
    for (const table of ["churn_model", "tier_scheme"])
      this.addSql(
        `alter table "${table}" add column "department" text not null default 'company', add column "visibility" text not null default 'PUBLIC'`,
      );
    this.addSql(
      `create table "access_grant" ("id" serial primary key, "kind" text not null, "thing_id" int not null, "department_id" int not null, "right" text not null, "state" text not null, "reason" text null, "asked_at" timestamptz(6) not null, "asked_by" text not null, "decided_at" timestamptz(6) null, "decided_by" text null, "expires_at" timestamptz(6) null)`,
    );
    this.addSql(
      `create unique index "access_grant_open" on "access_grant" ("kind", "thing_id", "department_id", "right") where "state" in ('REQUESTED', 'GRANTED')`,
    );
  }

  override down(): void {
    this.addSql(`drop table "access_grant"`);
    for (const table of ["churn_model", "tier_scheme"])
      this.addSql(`alter table "${table}" drop column "department", drop column "visibility"`);
    this.addSql(`alter table "api_key" drop column "department_id", drop column "sources"`);
  }
}
