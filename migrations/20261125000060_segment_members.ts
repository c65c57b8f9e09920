import { Migration } from "@mikro-orm/migrations";

/** Who is in a segment, since when and why; what was true of each user when it was last looked at; sizes over time. */
export class SegmentMembers extends Migration {
  override up(): void {
    this.addSql(`set local citus.multi_shard_modify_mode to 'sequential'`);
    this.addSql(
      `alter table "segment" add column "mode" text not null default 'LIVE', add column "schedule" text null, add column "next_run_at" timestamptz(6) null, add column "run" int not null default 1, add column "ran_run" int not null default 0, add column "refreshed_at" timestamptz(6) null, add column "alert_share" double precision not null default 0.3, add column "last_error" text null, add column "last_error_at" timestamptz(6) null`,
    );
    this.addSql(
      `create table "segment_member" ("user_id" bigint not null, "segment_id" int not null, "since" timestamptz(6) not null, "reason" text not null, "conditions" jsonb not null, primary key ("user_id", "segment_id"))`,
    );
    this.addSql(
      `create index "segment_member_segment_id_since_user_id_index" on "segment_member" ("segment_id", "since", "user_id")`,
    );
    this.addSql(
      `create table "segment_member_history" ("user_id" bigint not null, "segment_id" int not null, "since" timestamptz(6) not null, "until" timestamptz(6) not null, "reason" text not null, "conditions" jsonb not null, "exit_reason" text not null, "exit_conditions" jsonb not null, primary key ("user_id", "segment_id", "since"))`,
    );
    this.addSql(
      `create index "segment_member_history_segment_id_since_user_id_index" on "segment_member_history" ("segment_id", "since", "user_id")`,
    );
    this.addSql(
      `create index "segment_member_history_segment_id_until_user_id_index" on "segment_member_history" ("segment_id", "until", "user_id")`,
    );
    this.addSql(
      `create table "segment_truth" ("user_id" bigint not null, "layout_id" int not null, "truths" varbit not null, "due_at" timestamptz(6) null, primary key ("user_id"))`,
    );
    this.addSql(`create index "segment_truth_due_at_index" on "segment_truth" ("due_at") where "due_at" is not null`);
    this.addSql(`create table "segment_layout" ("id" serial primary key, "conditions" text[] not null, "hash" text not null)`);
    this.addSql(`alter table "segment_layout" add constraint "segment_layout_hash_unique" unique ("hash")`);
    this.addSql(
      `create table "segment_size" ("segment_id" int not null, "at" timestamptz(6) not null, "users" int not null, "revision" int not null, primary key ("segment_id", "at"))`,
    );
    this.addSql(
      `do $$ begin if exists (select from pg_extension where extname = 'citus') then
         perform create_distributed_table(t, 'user_id') from unnest(array['segment_member', 'segment_member_history', 'segment_truth']) t;
         perform create_reference_table('segment_size');
       end if; end $$`,
    );
  }

  override down(): void {
    for (const table of ["segment_size", "segment_layout", "segment_truth", "segment_member_history", "segment_member"])
      this.addSql(`drop table "${table}"`);
    this.addSql(
      `alter table "segment" drop column "mode", drop column "schedule", drop column "next_run_at", drop column "run", drop column "ran_run", drop column "refreshed_at", drop column "alert_share", drop column "last_error", drop column "last_error_at"`,
    );
  }
}
