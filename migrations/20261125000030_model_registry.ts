import { Migration } from "@mikro-orm/migrations";

/** What a model was made from and by, who moved it and why, what its forecasts came to, and how its inputs move. */
export class ModelRegistry extends Migration {
  override up(): void {
    this.addSql(`set local citus.multi_shard_modify_mode to 'sequential'`);
    this.addSql(`alter table "churn_model" add column "code_version" text null, add column "data_fingerprint" text null`);
    this.addSql(
      `create table "churn_model_state" ("id" bigserial primary key, "model_id" int not null, "from_state" text null, "to_state" text not null, "at" timestamptz(6) not null, "by_whom" text not null, "reason" text not null)`,
    );
    this.addSql(`create index "churn_model_state_model_id_index" on "churn_model_state" ("model_id")`);
    this.addSql(
      `create table "score_snapshot" ("user_id" bigint not null, "model_id" int not null, "scored_at" timestamptz(6) not null, "probability" double precision not null, primary key ("user_id", "model_id", "scored_at"))`,
    );
    this.addSql(`create index "score_snapshot_model_id_scored_at_index" on "score_snapshot" ("model_id", "scored_at")`);
    this.addSql(
      `do $$ begin if exists (select from pg_extension where extname = 'citus') then perform create_distributed_table('score_snapshot', 'user_id'); end if; end $$`,
    );
    this.addSql(
      `create table "backtest" ("model_id" int not null, "scored_at" timestamptz(6) not null, "judged_at" timestamptz(6) not null, "users" int not null, "churned" int not null, "expected" double precision not null, "auc" double precision null, "auc_standard_error" double precision null, "brier" double precision not null, "log_loss" double precision not null, "calibration_error" double precision not null, "reliability" jsonb not null, primary key ("model_id", "scored_at"))`,
    );
    this.addSql(
      `create table "model_drift" ("model_id" int not null, "as_of" timestamptz(6) not null, "users" int not null, "score_psi" double precision null, "input_psis" jsonb not null, primary key ("model_id", "as_of"))`,
    );
    this.addSql(
      `alter table "churn_definition" add column "cuts" double precision[] null, add column "retrain_schedule" text null, add column "retrain_at" timestamptz(6) null`,
    );
    this.addSql(
      `alter table "tier_scheme" add column "follows_definition" boolean not null default false, add column "hysteresis" double precision not null default 0`,
    );
    // A scheme that nobody has touched cuts as the default definition says.
    this.addSql(
      `update tier_scheme set follows_definition = true where key = 'default' and method = 'FIXED' and cuts = '{0.5,0.8}'`,
    );
  }

  override down(): void {
    this.addSql(`alter table "tier_scheme" drop column "follows_definition", drop column "hysteresis"`);
    this.addSql(`alter table "churn_definition" drop column "cuts", drop column "retrain_schedule", drop column "retrain_at"`);
    for (const table of ["model_drift", "backtest", "score_snapshot", "churn_model_state"]) this.addSql(`drop table "${table}"`);
    this.addSql(`alter table "churn_model" drop column "code_version", drop column "data_fingerprint"`);
  }
}
