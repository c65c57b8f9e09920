import { seededRandom } from "../math/random.js";

/** One simulated user: who they are, and everything they did, oldest first. */
export interface SimulatedUser {
  readonly externalId: string;
  readonly channel: string;
  readonly firstSeenAt: Date;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Keys of the tags that departments gave by hand. */
  readonly tags: readonly string[];
  readonly events: readonly SimulatedEvent[];
}

export interface SimulatedEvent {
  readonly type: string;
  readonly occurredAt: Date;
  /** Decimal text with two places, or none. */
  readonly amount?: string;
  readonly categories?: readonly string[];
}

export const SIMULATED_SOURCE = "simulated";
export const SIMULATED_USERS = 3_000;
export const SIMULATED_DAYS = 540;
const DAY_MS = 86_400_000;

const CHANNELS = [
  ["app", 0.45],
  ["web", 0.3],
  ["store", 0.15],
  ["wechat", 0.1],
] as const;
const CITIES = ["Lisbon", "Leeds", "Lyon", "Linz", "Lund", "Lecce"] as const;
const CATEGORIES = [
  "skin care",
  "hair",
  "fragrance",
  "make-up",
  "bath",
  "nails",
  "tools",
  "gifts",
  "men",
  "kids",
  "travel size",
  "sun",
] as const;

/**
 * A made-up company's users over the days before `until`, the same for the same seed. Churn follows from behaviour, the way
 * it does for real ones: a bad experience or a waning habit starts a fade, visits thin out, baskets shrink and narrow,
 * complaints come before the silence; some recover. Nothing labels a user as lost: silence is all that shows.
 */
export function simulatePopulation(seed: number, until: Date, users = SIMULATED_USERS, days = SIMULATED_DAYS): SimulatedUser[] {
  const people = Array.from({ length: users }, (_, index) =>
    simulateUser(seededRandom(seed * 1_000_003 + index), until.getTime(), days),
  );
  // Those whose habit faded most of late come first, so that the first user one looks at has something to show.
  const order = people.map((person, index) => ({ person, index, fade: fadeOf(person.events, until.getTime()) }));
  order.sort((a, b) => b.fade - a.fade || a.index - b.index);
  return order.map(({ person }, place) => ({ externalId: `sim-${String(place + 1).padStart(5, "0")}`, ...person }));
}

/** Activity of the three months before the last, less three times that of the last month. */
function fadeOf(events: readonly SimulatedEvent[], untilMs: number): number {
  let fade = 0;
  for (const { type, occurredAt } of events) {
    const days = (untilMs - occurredAt.getTime()) / DAY_MS;
    if ((type === "visit" || type === "order") && days <= 120) fade += days > 30 ? 1 : -3;
  }
  return fade;
}

function simulateUser(random: () => number, untilMs: number, days: number): Omit<SimulatedUser, "externalId"> {
  const joinedDay = Math.floor(random() ** 1.3 * (days - 20));
  const habit = habitOf(random);
  const channel = pick(CHANNELS, random);
  const events: SimulatedEvent[] = [];
  const startMs = untilMs - days * DAY_MS;

  let vigour = 1; // 1: the usual habit; 0: gone. What fades it is drawn day by day.
  let fadePerDay = 0;
  let badMemory = 0;
  let complaints = 0;
  let orders = 0;
  for (let day = joinedDay; day < days; day++) {
    const dayMs = startMs + day * DAY_MS;
    const at = (hours: number) => new Date(dayMs + Math.floor((hours + (random() - 0.5) * 2) * 3_600_000));
    badMemory *= 0.97;
    if (fadePerDay === 0) {
      // A waning habit, or an experience that was not forgiven.
      if (random() < habit.restlessness + 0.02 * badMemory) fadePerDay = 0.015 + random() * 0.05;
    } else if (random() < 0.006 * vigour) fadePerDay = 0; // Recovers, the sooner the better.
    vigour = fadePerDay > 0 ? Math.max(0, vigour - fadePerDay * (0.5 + vigour)) : Math.min(1, vigour + 0.02);
    if (vigour < 0.02) {
      if (fadePerDay > 0 && random() < 0.004) {
        // Won back by chance, long after.
        fadePerDay = 0;
        vigour = 0.4;
      } else continue;
    }

    const rate = habit.visitsPerDay * vigour * season(dayMs) * (isWeekend(dayMs) ? habit.weekendFactor : 1);
    if (day !== joinedDay && random() >= 1 - Math.exp(-rate)) continue;
    events.push({ type: "visit", occurredAt: at(habit.hour) });
    if (random() < habit.orderShare * (0.4 + 0.6 * vigour) || day === joinedDay) {
      const breadth = 1 + Math.floor(random() * habit.breadth * (0.3 + 0.7 * vigour));
      const categories = [
        ...new Set(
          Array.from({ length: breadth }, () => habit.favourites[Math.floor(random() ** 1.5 * habit.favourites.length)]!),
        ),
      ];
      const amount = Math.max(3, habit.basket * Math.exp(0.5 * gaussian(random)) * (0.5 + 0.5 * vigour));
      events.push({ type: "order", occurredAt: at(habit.hour + 0.4), amount: amount.toFixed(2), categories });
      orders++;
      if (random() < habit.couponShare) events.push({ type: "coupon_redemption", occurredAt: at(habit.hour + 0.3) });
      if (random() < 0.05 + 0.1 * badMemory)
        events.push({ type: "return", occurredAt: at(habit.hour + 6), amount: (-amount).toFixed(2), categories });
      if (random() < 0.035) {
        events.push({ type: "complaint", occurredAt: at(habit.hour + 7) });
        complaints++;
        badMemory += 0.6 + random() * 0.6;
      }
    }
    if (badMemory > 0.4 && random() < 0.1) events.push({ type: "support_ticket", occurredAt: at(habit.hour + 5) });
    if (vigour < 0.35 && random() < 0.05) events.push({ type: "unsubscribe", occurredAt: at(habit.hour + 1) });
  }

  const tags: string[] = [];
  if (habit.basket > 90 && orders > 5) tags.push("vip");
  if (random() < 0.4) tags.push("newsletter");
  if (complaints > 1 && random() < 0.7) tags.push("handle_with_care");
  return {
    channel,
    firstSeenAt: new Date(startMs + joinedDay * DAY_MS),
    attributes: {
      city: CITIES[Math.floor(random() * CITIES.length)]!,
      age: 18 + Math.floor(random() * 55),
      loyaltyCard: random() < 0.3,
    },
    tags,
    events: events
      .filter(({ occurredAt }) => occurredAt.getTime() < untilMs)
      .sort((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime()),
  };
}

/** What is usual for one user, drawn once. */
function habitOf(random: () => number) {
  const visitsPerDay = Math.min(0.9, 0.09 * Math.exp(0.8 * gaussian(random)));
  const shuffled = [...CATEGORIES].sort(() => random() - 0.5);
  return {
    visitsPerDay,
    orderShare: 0.2 + 0.4 * random(),
    basket: 42 * Math.exp(0.6 * gaussian(random)),
    breadth: 1 + Math.floor(random() * 4),
    favourites: shuffled.slice(0, 2 + Math.floor(random() * 5)),
    weekendFactor: 0.5 + random() * 1.5,
    hour: 9 + Math.floor(random() * 8),
    couponShare: random() ** 2 * 0.6,
    // The rare visitor is lost more easily than the frequent one.
    restlessness: 0.0012 + 0.004 * random() ** 3 + 0.0006 / (0.1 + visitsPerDay),
  };
}

/** Busy before Christmas, slow in summer; the mean over a year is about 1. */
function season(dayMs: number): number {
  const date = new Date(dayMs);
  const dayOfYear = (dayMs - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS;
  return 1 + 0.15 * Math.cos((2 * Math.PI * (dayOfYear - 350)) / 365) + (dayOfYear > 320 && dayOfYear < 358 ? 0.4 : 0);
}

function isWeekend(dayMs: number): boolean {
  const weekday = new Date(dayMs).getUTCDay();
  return weekday === 0 || weekday === 6;
}

/** A standard normal number by the Box-Muller transform. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function pick<T extends string>(shares: readonly (readonly [T, number])[], random: () => number): T {
  let left = random();
  for (const [value, share] of shares) {
    left -= share;
    if (left < 0) return value;
  }
  return shares[0]![0];
}
