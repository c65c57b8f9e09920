import { Migration } from "@mikro-orm/migrations";

/** People whom the owner entered. */
export class Member extends Migration {
  override up(): void {
    this.addSql(
      `create table "member" ("id" serial primary key, "subject" text not null, "name" text not null, "role" text not null, "department_id" int not null, "saved_at" timestamptz(6) not null, "saved_by" text not null, "removed_at" timestamptz(6) null)`,
    );
    this.addSql(`alter table "member" add constraint "member_subject_unique" unique ("subject")`);
  }

  override down(): void {
    this.addSql(`drop table "member"`);
  }
}
