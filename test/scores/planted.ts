import { seededRandom } from "../../src/math/random.js";
import type { PlainEvent } from "./plain-events.js";

const DAY_MS = 86_400_000;
export const PLANTED_START = new Date("2025-01-01T00:00:00Z");
export const PLANTED_NOW = new Date("2026-01-01T00:00:00Z");

/**
 * A year of orders by users with habits of their own. Some stop for good at a day of their own, after a month in which they order
 * at a third of their pace: so the recent past foretells churn.
 */
export function plantedEvents(users: number, seed: number): PlainEvent[] {
  const random = seededRandom(seed);
  const events: PlainEvent[] = [];
  for (let user = 0; user < users; user++) {
    const gapDays = 5 + 20 * random();
    const lastDay = random() < 0.5 ? 90 + 275 * random() : 400;
    for (let day = 30 * random(); day < Math.min(365, lastDay); ) {
      events.push({
        user: `user-${String(user).padStart(5, "0")}`,
        at: PLANTED_START.getTime() + Math.floor(day * DAY_MS),
        amount: Math.round(1_000 + 9_000 * random()) / 100,
      });
      const slow = lastDay < 365 && day > lastDay - 40 ? 3 : 1;
      day += slow * gapDays * (0.5 + random());
    }
  }
  return events;
}
