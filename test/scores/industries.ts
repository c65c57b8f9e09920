import { seededRandom } from "../../src/math/random.js";

const DAY_MS = 86_400_000;

/** How the users of a line of business come and go: enough to try its template on, and nothing that knows the template. */
export interface Industry {
  readonly template: string;
  /** Days of history. */
  readonly days: number;
  /** What keeps a user, with its share of all visits. */
  readonly keeping: readonly (readonly [type: string, share: number])[];
  /** What users who are about to leave do more often. */
  readonly trouble: readonly string[];
  /** The usual gap between visits, days: the quickest users' and the slowest users'. */
  readonly gapDays: readonly [number, number];
  readonly amount?: number;
}

export const INDUSTRIES: readonly Industry[] = [
  { template: "retail", days: 540, keeping: [["order", 1]], trouble: ["return", "complaint"], gapDays: [12, 70], amount: 60 },
  { template: "grocery", days: 270, keeping: [["purchase", 1]], trouble: ["complaint"], gapDays: [3, 14], amount: 35 },
  {
    template: "silence",
    days: 240,
    keeping: [
      ["message", 0.6],
      ["post", 0.2],
      ["visit", 0.2],
    ],
    trouble: ["unsubscribe"],
    gapDays: [1, 9],
  },
  {
    template: "saas",
    days: 300,
    keeping: [
      ["login", 0.4],
      ["feature_use", 0.6],
    ],
    trouble: ["support_ticket", "payment_failure"],
    gapDays: [1, 8],
  },
  {
    template: "education",
    days: 240,
    keeping: [
      ["lesson", 0.6],
      ["login", 0.4],
    ],
    trouble: ["cancellation", "support_ticket"],
    gapDays: [2, 8],
  },
  {
    template: "medical_aesthetics",
    days: 1_100,
    keeping: [
      ["purchase", 0.7],
      ["appointment", 0.3],
    ],
    trouble: ["complaint", "cancellation"],
    gapDays: [40, 130],
    amount: 400,
  },
  {
    template: "automotive",
    days: 1_500,
    keeping: [["order", 1]],
    trouble: ["complaint", "bad_review"],
    gapDays: [60, 150],
    amount: 320,
  },
  {
    template: "finance",
    days: 360,
    keeping: [
      ["top_up", 0.3],
      ["purchase", 0.7],
    ],
    trouble: ["complaint", "service_call"],
    gapDays: [2, 10],
    amount: 80,
  },
];

export interface IndustryEvent {
  readonly externalId: string;
  readonly source: string;
  readonly type: string;
  readonly occurredAt: Date;
  readonly eventId: string;
  readonly amount?: string;
}

/** Half of the users stop for good at a day of their own; over their last visits the gaps grow, baskets shrink and trouble comes. */
export function industryEvents(
  { days, keeping, trouble, gapDays, amount }: Industry,
  users: number,
  until: Date,
  seed: number,
): IndustryEvent[] {
  const random = seededRandom(seed);
  const start = until.getTime() - days * DAY_MS;
  const events: IndustryEvent[] = [];
  for (let user = 0; user < users; user++) {
    const externalId = `user-${String(user).padStart(5, "0")}`;
    const gap = gapDays[0] * (gapDays[1] / gapDays[0]) ** random();
    const joined = 0.5 * days * random() ** 2;
    const leaves = random() < 0.5 ? joined + 4 * gap + (days - joined) * random() : Number.POSITIVE_INFINITY;
    const fadeDays = 5 * gap;
    let count = 0;
    const add = (type: string, day: number, money?: number) =>
      events.push({
        externalId,
        source: "simulated",
        type,
        occurredAt: new Date(start + Math.floor(day * DAY_MS)),
        eventId: `${externalId}-${count++}`,
        ...(money === undefined ? {} : { amount: money.toFixed(2) }),
      });
    for (let day = joined; day < Math.min(days, leaves); ) {
      const fade = leaves - day < fadeDays ? 1 - (leaves - day) / fadeDays : 0;
      const type = pick(keeping, random());
      add(type, day, amount === undefined ? undefined : amount * (0.5 + random()) * (1 - 0.5 * fade));
      if (random() < 0.03 + 0.3 * fade) add(trouble[Math.floor(random() * trouble.length)]!, Math.min(day + 0.1, days - 0.001));
      day += gap * (0.4 + 1.2 * random()) * (1 + 1.5 * fade);
    }
  }
  return events;
}

function pick(shares: Industry["keeping"], uniform: number): string {
  let left = uniform;
  for (const [type, share] of shares) {
    left -= share;
    if (left < 0) return type;
  }
  return shares[0]![0];
}
