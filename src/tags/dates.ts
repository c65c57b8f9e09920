import { DAY_MS } from "./history.js";

/** What an instant says of itself, in UTC. */
export const DATE_PARTS: Readonly<Record<string, (at: Date) => number>> = {
  /** 1 is Monday. */
  weekday: (at) => ((at.getUTCDay() + 6) % 7) + 1,
  dayOfMonth: (at) => at.getUTCDate(),
  month: (at) => at.getUTCMonth() + 1,
  year: (at) => at.getUTCFullYear(),
  hour: (at) => at.getUTCHours(),
};

/** Whole days from the date of one instant to the next anniversary of another's; 0 on the day itself. */
export function daysToAnniversary(asOf: number, instant: number): number {
  const today = Math.floor(asOf / DAY_MS) * DAY_MS;
  const year = new Date(today).getUTCFullYear();
  const kept = new Date(instant);
  const next = [year, year + 1].map((each) => anniversary(kept, each)).find((day) => day >= today);
  return (next! - today) / DAY_MS;
}

function anniversary(kept: Date, year: number): number {
  const lastOfMonth = new Date(Date.UTC(year, kept.getUTCMonth() + 1, 0)).getUTCDate();
  return Date.UTC(year, kept.getUTCMonth(), Math.min(kept.getUTCDate(), lastOfMonth));
}
