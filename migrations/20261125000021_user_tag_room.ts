import { Migration } from "@mikro-orm/migrations";

/** Room on each page for assignments that are corrected in place: the evidence of silent users grows every day. */
export class UserTagRoom extends Migration {
  override up(): void {
    this.addSql(`alter table "user_tag" set (fillfactor = 65)`);
  }

  override down(): void {
    this.addSql(`alter table "user_tag" reset (fillfactor)`);
  }
}
