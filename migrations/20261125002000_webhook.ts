import { Migration } from "@mikro-orm/migrations";

/** Endpoints that are told of changes and alerts; alerts stand in the order of the feed of changes. */
export class Webhook extends Migration {
  override up(): void {
    this.addSql(
      `create table "webhook" ("id" serial primary key, "url" text not null, "topics" text[] not null, "state" text not null, "disabled_reason" text null, "disabled_at" timestamptz(6) null, "role" text not null, "department" text null, "created_at" timestamptz(6) not null, "created_by" text not null, "viewer_id" text not null, "secret" text not null, "former_secret" text null, "former_until" timestamptz(6) null, "revision" int not null, "place_xid" bigint not null, "place_is_alert" boolean not null, "place_id" bigint not null, "failures" int not null, "failing_since" timestamptz(6) null, "next_attempt_at" timestamptz(6) null)`,
    );
    this.addSql(
      `create table "webhook_delivery" ("id" bigserial primary key, "webhook_id" int not null, "message_id" text not null, "type" text not null, "place_xid" bigint null, "place_is_alert" boolean null, "place_id" bigint null, "state" text not null, "attempts" int not null, "last_status" int null, "last_error" text null, "first_attempt_at" timestamptz(6) not null, "last_attempt_at" timestamptz(6) not null, "next_attempt_at" timestamptz(6) null)`,
    );
    this.addSql(`create index "webhook_delivery_webhook_id_id_index" on "webhook_delivery" ("webhook_id", "id")`);
    this.addSql(
      `alter table "webhook_delivery" add constraint "webhook_delivery_webhook_id_message_id_unique" unique ("webhook_id", "message_id")`,
    );
    // What was raised before there was anybody to tell stands at the feed's beginning.
    this.addSql(
      `alter table "alert" add column "xid" bigint not null default 0, add column "recorded_at" timestamptz(6) not null default now()`,
    );
    this.addSql(`alter table "alert" alter column "xid" drop default, alter column "recorded_at" drop default`);
    this.addSql(`create index "alert_xid_id_index" on "alert" ("xid", "id")`);
  }

  override down(): void {
    this.addSql(`drop index "alert_xid_id_index"`);
    this.addSql(`alter table "alert" drop column "xid", drop column "recorded_at"`);
    this.addSql(`drop table "webhook_delivery"`);
    this.addSql(`drop table "webhook"`);
  }
}
