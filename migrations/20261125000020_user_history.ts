import { Migration } from "@mikro-orm/migrations";

/** Each user's events packed into one row, for whatever reads the histories of many users. */
export class UserHistory extends Migration {
  override up(): void {
    this.addSql(
      `create table "user_history" ("user_id" bigint not null, "last_event_id" bigint not null, "events" bytea not null, primary key ("user_id"))`,
    );
  }

  override down(): void {
    this.addSql(`drop table "user_history"`);
  }
}
