/** What a sentence needs to know of a tag. */
export interface FactorTag {
  readonly key: string;
  readonly name: string;
  readonly unit: string | null;
}

/** What is usual for the user, which a silence is told beside; null where it is not known. */
export interface UsualGaps {
  readonly activityDays: number | null;
  readonly orderDays: number | null;
}

/** One tag's part in one score, as a marketer would say it: "No activity for 23 days, usually every 6: raises the risk." */
export function factorSentence(
  tag: FactorTag,
  value: number | string | boolean | null,
  contribution: number,
  usual?: UsualGaps,
): string {
  const effect = contribution > 0 ? "raises the risk" : contribution < 0 ? "lowers the risk" : "leaves the risk as it is";
  return `${fact(tag, value)}${value === null ? "" : usually(tag.key, usual)}: ${effect}.`;
}

const SILENCES: Readonly<Record<string, keyof UsualGaps>> = {
  recency_days: "activityDays",
  days_since_last_event: "activityDays",
  order_recency_days: "orderDays",
  days_since_last_order: "orderDays",
};

function usually(key: string, usual: UsualGaps | undefined): string {
  const gap = usual?.[SILENCES[key] ?? "activityDays"];
  if (SILENCES[key] === undefined || gap === null || gap === undefined) return "";
  return gap < 1.5 ? ", usually every day" : `, usually every ${Math.round(gap)}`;
}

function fact(tag: FactorTag, value: number | string | boolean | null): string {
  const said = PHRASES[tag.key];
  if (value === null) return said?.missing ?? `${tag.name} is not known`;
  if (typeof value === "string") return `${tag.name} is ${value}`;
  if (typeof value === "boolean") return `${tag.name} ${value ? "holds" : "does not hold"}`;
  if (said?.phrase) return said.phrase(value);
  return bySuffix(tag.key, value) ?? `${tag.name} is ${number(value)}${tag.unit ? ` ${tag.unit}` : ""}`;
}

interface Phrase {
  readonly phrase?: (value: number) => string;
  readonly missing?: string;
}

const PHRASES: Readonly<Record<string, Phrase>> = {
  recency_days: { phrase: (days) => `No activity for ${count(Math.floor(days), "day")}`, missing: "No activity is known" },
  days_since_last_event: { phrase: (days) => `No activity for ${count(days, "day")}`, missing: "No activity is known" },
  order_recency_days: { phrase: (days) => `No order for ${count(Math.floor(days), "day")}`, missing: "No order yet" },
  days_since_last_order: { phrase: (days) => `No order for ${count(days, "day")}`, missing: "No order yet" },
  days_since_first_order: { phrase: (days) => `First order ${count(days, "day")} ago`, missing: "No order yet" },
  tenure_days: { phrase: (days) => `Known for ${count(Math.floor(days), "day")}` },
  events_total: { phrase: (times) => `Active ${count(times, "time")} in all` },
  orders_total: { phrase: (orders) => `${count(orders, "order")} in all` },
  amount_total: { phrase: (amount) => `Spent ${number(amount)} in all` },
  average_amount: { phrase: (amount) => `Spends ${number(amount)} per order`, missing: "No order yet" },
  active_days_total: { phrase: (days) => `Active on ${count(days, "day")} in all` },
  gap_mean_days: {
    phrase: (days) => `Usually comes every ${days < 1.5 ? "day" : `${number(days)} days`}`,
    missing: "Came only once, so no usual gap is known",
  },
  gap_sd_days: {
    phrase: (days) => `The time between visits varies by ${number(days)} days`,
    missing: "Came only once, so no usual gap is known",
  },
  gap_max_days: {
    phrase: (days) => `Was never away longer than ${number(days)} days before`,
    missing: "Came only once, so no usual gap is known",
  },
  order_gap_mean_days: {
    phrase: (days) => `Usually orders every ${number(days)} days`,
    missing: "Ordered at most once, so no usual gap is known",
  },
  recency_over_gap: {
    // Beyond that the gaps lie within one visit, and the number says nothing.
    phrase: (gaps) => `Has been away for ${gaps > 100 ? "more than 100" : number(gaps)} times the usual gap`,
    missing: "Came only once, so no usual gap is known",
  },
  weekend_share: { phrase: (share) => `${percent(share)} of the activity is on weekends` },
  weekly_slope_12w: {
    phrase: (slope) =>
      slope === 0
        ? "Weekly activity neither rises nor falls"
        : `Weekly activity ${slope > 0 ? "rises" : "falls"} by ${number(Math.abs(slope))} a week`,
  },
  weekly_variation_12w: {
    phrase: (ratio) => `Weekly activity varies by ${percent(ratio)}`,
    missing: "No activity in the last 12 weeks",
  },
  categories_total: { phrase: (categories) => `${count(categories, "category", "categories")} in all` },
};

/** events_30d, orders_prior_30d, amount_90d, active_days_7d ...: the window is in the key. */
function bySuffix(key: string, value: number): string | null {
  const found = /^(events|orders|amount|active_days|categories|negative_events|complaints)_(prior_)?(\d+)d$/.exec(key);
  if (!found) return null;
  const window = found[2] ? `in the ${found[3]} days before the last ${found[3]}` : `in the last ${found[3]} days`;
  switch (found[1]) {
    case "events":
      return value === 0 ? `No activity ${window}` : `Active ${count(value, "time")} ${window}`;
    case "orders":
      return value === 0 ? `No order ${window}` : `${count(value, "order")} ${window}`;
    case "amount":
      return value === 0 ? `Spent nothing ${window}` : `Spent ${number(value)} ${window}`;
    case "active_days":
      return value === 0 ? `Active on no day ${window}` : `Active on ${count(value, "day")} ${window}`;
    case "categories":
      return `${count(value, "category", "categories")} ${window}`;
    case "complaints":
      return value === 0 ? `No complaint ${window}` : `${count(value, "complaint")} ${window}`;
    default:
      return value === 0 ? `Nothing negative ${window}` : `${count(value, "negative event")} ${window}`;
  }
}

function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** Three significant digits, whole numbers as they are. */
function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return String(Number(digits));
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
