import { Migration } from "@mikro-orm/migrations";

// The keys follow the rules by which the same schema spreads over Citus: every unique key of a per-user table contains the
// user, no foreign key on what is written in bulk, ids from sequences that are asked for by name.
export class Spine extends Migration {
  override up(): void {
    this.addSql(`set local citus.multi_shard_modify_mode to 'sequential'`);
    this.addSql(APP_DISTRIBUTE);
    this.addSql(`create sequence user_number`);
    // Taken in blocks of 1,000: one number of the sequence is the first of a block.
    this.addSql(`create sequence event_number increment by 1000`);
    for (const statement of TABLES) this.addSql(statement);
    for (const [table, column] of DISTRIBUTION) this.addSql(`select pg_temp.app_distribute('${table}', '${column}')`);
    for (const statement of FOREIGN_KEYS) this.addSql(statement);
  }

  override down(): void {
    const tables = TABLES.flatMap((statement) => /^create table ("\w+")/.exec(statement)?.[1] ?? []);
    this.addSql(`drop table ${tables.join(", ")}`);
    this.addSql(`drop sequence user_number, event_number`);
  }
}

/** Spreads a table over Citus where that extension is installed; does nothing on plain Postgres. */
const APP_DISTRIBUTE = `
create function pg_temp.app_distribute(table_name text, distribution_column text) returns void language plpgsql as $$
begin
  if distribution_column = 'local' or not exists (select from pg_extension where extname = 'citus') then
    return;
  elsif distribution_column = 'reference' then
    execute format('select create_reference_table(%L)', table_name);
  else
    execute format('select create_distributed_table(%L, %L)', table_name, distribution_column);
  end if;
end $$`;

const DISTRIBUTION = [
  ["app_user", "id"],
  ["user_identity", "external_id"],
  ["event", "user_id"],
  ["event_day", "user_id"],
  ["user_tag", "user_id"],
  ["user_tag_history", "user_id"],
  ["user_metric", "user_id"],
  ["churn_score", "user_id"],
  ["user_tier", "user_id"],
  ["tier_history", "user_id"],
  ["department", "reference"],
  ["source", "reference"],
  ["event_type", "reference"],
  ["category", "reference"],
  ["tag", "reference"],
  ["tag_lifecycle", "reference"],
  ["tag_revision", "reference"],
  ["tag_refresh", "reference"],
  ["churn_definition", "reference"],
  ["tier_scheme", "reference"],
  ["segment", "reference"],
  ["churn_model", "local"],
  ["user_change", "local"],
  ["quarantine", "local"],
  ["ingest", "local"],
  ["job", "local"],
  ["setting", "local"],
] as const;

const TABLES = [
  `create table "category" ("id" serial primary key, "key" text not null)`,
  `alter table "category" add constraint "category_key_unique" unique ("key")`,
  `create table "churn_definition" ("id" serial primary key, "key" text not null, "name" text not null, "kind" text not null, "event_types" text[] not null, "horizon_days" int not null, "lookback_days" int not null, "lead_days" int not null default 0, "is_default" boolean not null default false)`,
  `alter table "churn_definition" add constraint "churn_definition_key_unique" unique ("key")`,
  `create table "churn_model" ("id" serial primary key, "definition_id" int not null, "version" int not null, "state" text not null, "algorithm" text not null, "features" text[] not null, "seed" bigint not null, "trained_at" timestamptz(6) not null, "sample" jsonb not null, "evaluation" jsonb not null, "parameters" bytea not null, "fingerprint" text not null)`,
  `alter table "churn_model" add constraint "churn_model_definition_id_version_unique" unique ("definition_id", "version")`,
  `create table "churn_score" ("user_id" bigint not null, "definition_id" int not null, "model_id" int not null, "probability" double precision not null, "scored_at" timestamptz(6) not null, primary key ("user_id", "definition_id"))`,
  `create index "churn_score_definition_id_probability_user_id_index" on "churn_score" ("definition_id", "probability", "user_id")`,
  `create table "department" ("id" serial primary key, "key" text not null, "name" text not null)`,
  `alter table "department" add constraint "department_key_unique" unique ("key")`,
  `create table "event" ("user_id" bigint not null, "occurred_at" timestamptz(6) not null, "id" bigint not null, "type_id" int not null, "source_id" int not null, "event_id" text null, "amount" numeric(19,4) null, "category_ids" integer[] null, "channel" text null, "properties" jsonb null, "received_at" timestamptz(6) not null, primary key ("user_id", "occurred_at", "id"))`,
  `alter table "event" add constraint "event_user_id_source_id_event_id_unique" unique ("user_id", "source_id", "event_id")`,
  `create table "event_day" ("user_id" bigint not null, "day" date not null, "type_id" int not null, "events" int not null, "amount" numeric(19,4) not null, "first_at" timestamptz(6) not null, "last_at" timestamptz(6) not null, primary key ("user_id", "day", "type_id"))`,
  `create table "event_type" ("id" serial primary key, "key" text not null, "name" text not null, "kind" text not null)`,
  `alter table "event_type" add constraint "event_type_key_unique" unique ("key")`,
  `create table "ingest" ("id" bigserial primary key, "source_id" int not null, "origin" text not null, "accepted" int not null, "duplicates" int not null, "rejected" jsonb not null, "cleaned" jsonb not null, "received_at" timestamptz(6) not null)`,
  `create index "ingest_source_id_index" on "ingest" ("source_id")`,
  `create table "job" ("id" bigserial primary key, "kind" text not null, "input" jsonb not null, "state" text not null, "progress" double precision not null default 0, "step" text null, "attempts" int not null default 0, "error" jsonb null, "result" jsonb null, "created_at" timestamptz(6) not null, "started_at" timestamptz(6) null, "heartbeat_at" timestamptz(6) null, "finished_at" timestamptz(6) null)`,
  `create index "job_state_id_index" on "job" ("state", "id")`,
  `create table "quarantine" ("id" bigserial primary key, "source_id" int not null, "origin" text not null, "row_index" bigint not null, "code" text not null, "message" text not null, "row" jsonb not null, "received_at" timestamptz(6) not null)`,
  `create index "quarantine_source_id_id_index" on "quarantine" ("source_id", "id")`,
  `create table "segment" ("id" serial primary key, "key" text not null, "name" text not null, "expression" jsonb not null, "department_id" int not null, "visibility" text not null default 'PUBLIC', "revision" int not null default 1, "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null)`,
  `alter table "segment" add constraint "segment_key_unique" unique ("key")`,
  `create table "setting" ("key" text not null, "value" jsonb not null, primary key ("key"))`,
  `create table "source" ("id" serial primary key, "key" text not null)`,
  `alter table "source" add constraint "source_key_unique" unique ("key")`,
  `create table "tag" ("id" serial primary key, "key" text not null, "name" text not null, "description" text not null default '', "family" text not null, "kind" text not null, "value_type" text not null, "unit" text null, "department_id" int not null, "visibility" text not null default 'PUBLIC', "state" text not null default 'ACTIVE', "revision" int not null default 1, "definition" jsonb null, "draft" jsonb null, "slot" int null, "built_in" boolean not null default false, "ttl_days" int null, "coverage" double precision null, "refreshed_at" timestamptz(6) null, "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null)`,
  `alter table "tag" add constraint "tag_key_unique" unique ("key")`,
  `alter table "tag" add constraint "tag_slot_unique" unique ("slot")`,
  `create table "tag_lifecycle" ("id" bigserial primary key, "tag_id" int not null, "from_state" text null, "to_state" text not null, "at" timestamptz(6) not null, "by_whom" text not null, "reason" text null)`,
  `create table "tag_refresh" ("tag_id" int not null, "as_of" timestamptz(6) not null, "revision" int not null, "cuts" jsonb not null, "counts" jsonb not null, "drift" double precision null, "drift_from" timestamptz(6) null, primary key ("tag_id", "as_of"))`,
  `create table "tag_revision" ("tag_id" int not null, "revision" int not null, "content" jsonb not null, "published_at" timestamptz(6) not null, "published_by" text not null, "reason" text null, primary key ("tag_id", "revision"))`,
  `create table "tier_history" ("user_id" bigint not null, "scheme_id" int not null, "since" timestamptz(6) not null, "tier" text null, "reason" text not null, primary key ("user_id", "scheme_id", "since"))`,
  `create table "tier_scheme" ("id" serial primary key, "key" text not null, "method" text not null, "cuts" double precision[] not null, "tiers" jsonb not null, "updated_at" timestamptz(6) not null)`,
  `alter table "tier_scheme" add constraint "tier_scheme_key_unique" unique ("key")`,
  `create table "app_user" ("id" bigint not null, "first_seen_at" timestamptz(6) null, "last_seen_at" timestamptz(6) null, "channel" text null, "lifecycle_stage" text null, "attributes" jsonb not null default '{}', "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null, primary key ("id"))`,
  `create index "app_user_first_seen_at_index" on "app_user" ("first_seen_at")`,
  `create table "user_change" ("user_id" bigint not null, "marked_at" timestamptz(6) not null, primary key ("user_id"))`,
  `create table "user_identity" ("external_id" text not null, "source_id" int not null, "user_id" bigint not null, primary key ("external_id", "source_id"))`,
  `create index "user_identity_user_id_index" on "user_identity" ("user_id")`,
  `create table "user_metric" ("user_id" bigint not null, "as_of" timestamptz(6) not null, "numbers" double precision[] not null, primary key ("user_id"))`,
  `create table "user_tag" ("user_id" bigint not null, "tag_id" int not null, "number_value" double precision null, "text_value" text null, "since" timestamptz(6) not null, "expires_at" timestamptz(6) null, "source" text not null, "evidence" jsonb null, primary key ("user_id", "tag_id"))`,
  `create index "user_tag_tag_id_user_id_index" on "user_tag" ("tag_id", "user_id")`,
  `create index "user_tag_expires_at_index" on "user_tag" ("expires_at") where "expires_at" is not null`,
  `create table "user_tag_history" ("user_id" bigint not null, "tag_id" int not null, "since" timestamptz(6) not null, "number_value" double precision null, "text_value" text null, "until" timestamptz(6) not null, "source" text not null, "evidence" jsonb null, primary key ("user_id", "tag_id", "since"))`,
  `create table "user_tier" ("user_id" bigint not null, "scheme_id" int not null, "tier" text not null, "since" timestamptz(6) not null, "previous" text null, "reason" text not null, primary key ("user_id", "scheme_id"))`,
  `create index "user_tier_scheme_id_tier_user_id_index" on "user_tier" ("scheme_id", "tier", "user_id")`,
];

const FOREIGN_KEYS = [
  `alter table "churn_model" add constraint "churn_model_definition_id_foreign" foreign key ("definition_id") references "churn_definition" ("id") on update no action on delete no action`,
  `alter table "segment" add constraint "segment_department_id_foreign" foreign key ("department_id") references "department" ("id") on update no action on delete no action`,
  `alter table "tag" add constraint "tag_department_id_foreign" foreign key ("department_id") references "department" ("id") on update no action on delete no action`,
  `alter table "tag_lifecycle" add constraint "tag_lifecycle_tag_id_foreign" foreign key ("tag_id") references "tag" ("id") on update no action on delete no action`,
];
