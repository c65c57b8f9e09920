import { defineEntity, p } from "@mikro-orm/core";

/** What an alert is about. */
export const ALERT_SUBJECTS = ["CHURN_MODEL", "SEGMENT", "TAG", "TIER_SCHEME", "WEBHOOK"] as const;
export type AlertSubject = (typeof ALERT_SUBJECTS)[number];

/** Something about the population, a model or a segment that somebody should look at. About nobody in particular. */
export const AlertEntity = defineEntity({
  name: "Alert",
  tableName: "alert",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    /** The transaction that raised it: alerts are told in the order of the feed of changes. */
    xid: p.bigint("string"),
    at: p.datetime(6),
    recordedAt: p.datetime(6),
    /** What happened, for machines: in capitals. */
    kind: p.text(),
    subjectType: p.text().$type<AlertSubject>(),
    subjectKey: p.text(),
    message: p.text(),
  },
  // The same thing is told once, however often it is looked at.
  uniques: [{ properties: ["kind", "subjectType", "subjectKey", "at"] }],
  indexes: [{ properties: ["xid", "id"] }],
});
