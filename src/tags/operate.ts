import { DATE_PARTS, daysToAnniversary } from "./dates.js";
import type { Facts } from "./facts.js";
import { DAY_MS } from "./history.js";
import type { Instants } from "./measure.js";

/** What an operator may look at beside its parts. */
export interface Surroundings {
  readonly facts: Facts;
  readonly asOf: Instants;
}

/** Fills a column from those of its parts. */
export type Operator = (out: Float64Array, parts: readonly Float64Array[], about: Surroundings) => void;

export const OPERATORS: Readonly<Record<string, Operator>> = {
  add: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user]! += part[user]!;
  }),
  multiply: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user]! *= part[user]!;
  }),
  subtract: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user]! -= part[user]!;
  }),
  divide: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user] = part[user] === 0 ? Number.NaN : out[user]! / part[user]!;
  }),
  coalesce: folded((out, part) => {
    for (let user = 0; user < out.length; user++) if (Number.isNaN(out[user]!)) out[user] = part[user]!;
  }),
  all: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = a === 0 || b === 0 ? 0 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 1;
    }
  }),
  any: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = a === 1 || b === 1 ? 1 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
    }
  }),
  lt: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a < b ? 1 : 0;
    }
  }),
  lte: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a <= b ? 1 : 0;
    }
  }),
  gt: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a > b ? 1 : 0;
    }
  }),
  gte: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a >= b ? 1 : 0;
    }
  }),
  eq: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a === b ? 1 : 0;
    }
  }),
  ne: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a !== b ? 1 : 0;
    }
  }),
  floor: (out, [part]) => {
    for (let user = 0; user < out.length; user++) out[user] = Math.floor(part![user]!);
  },
  not: (out, [part]) => {
    for (let user = 0; user < out.length; user++) out[user] = 1 - part![user]!;
  },
  abs: (out, [part]) => {
    for (let user = 0; user < out.length; user++) out[user] = Math.abs(part![user]!);
  },
  round: (out, [part]) => {
    for (let user = 0; user < out.length; user++) out[user] = Math.floor(part![user]! + 0.5);
  },
  min: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user] = Math.min(out[user]!, part[user]!);
  }),
  max: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user] = Math.max(out[user]!, part[user]!);
  }),
  isSet: (out, [part]) => {
    for (let user = 0; user < out.length; user++) out[user] = Number.isNaN(part![user]!) ? 0 : 1;
  },
  case: (out, parts) => {
    for (let user = 0; user < out.length; user++) {
      let part = 0;
      while (part + 1 < parts.length && parts[part]![user] !== 1) part += 2;
      out[user] = part + 1 < parts.length ? parts[part + 1]![user]! : (parts[part]?.[user] ?? Number.NaN);
    }
  },
  in: (out, [value, ...choices]) => {
    for (let user = 0; user < out.length; user++) {
      const found = value![user]!;
      let isIn = Number.isNaN(found) ? Number.NaN : 0;
      for (let choice = 0; choice < choices.length && isIn !== 1; choice++) {
        const other = choices[choice]![user]!;
        if (other === found) isIn = 1;
        else if (Number.isNaN(other)) isIn = Number.NaN;
      }
      out[user] = isIn;
    }
  },
  lower: (out, [part], { facts: { texts } }) => {
    const known = new Map<number, number>();
    for (let user = 0; user < out.length; user++) {
      const id = part![user]!;
      out[user] = Number.isNaN(id) ? id : (known.get(id) ?? texts.idOf(texts.textOf(id).toLowerCase()));
      known.set(id, out[user]!);
    }
  },
  concat: (out, parts, { facts: { texts } }) => {
    for (let user = 0; user < out.length; user++) {
      const ids = parts.map((part) => part[user]!);
      out[user] = ids.some(Number.isNaN) ? Number.NaN : texts.idOf(ids.map((id) => texts.textOf(id)).join(""));
    }
  },
  length: (out, [part], { facts: { texts } }) => {
    for (let user = 0; user < out.length; user++) {
      const id = part![user]!;
      out[user] = Number.isNaN(id) ? id : [...texts.textOf(id)].length;
    }
  },
  contains: compared((text, part) => text.includes(part)),
  startsWith: compared((text, part) => text.startsWith(part)),
  endsWith: compared((text, part) => text.endsWith(part)),
  daysAgo: dated((days, now) => Math.round((now - days * DAY_MS) * 1_000) / 1_000),
  daysSince: dated((at, now) => (now - at) / DAY_MS),
  daysUntil: dated((at, now) => (at - now) / DAY_MS),
  daysToAnniversary: dated((at, now) => daysToAnniversary(now, at)),
  ...Object.fromEntries(Object.entries(DATE_PARTS).map(([name, partOf]) => [name, dated((at) => partOf(new Date(at)))])),
};

/** Each has its loop to itself: one loop that calls an operation it is given cannot inline any of them, and takes 1.6 times as long for the whole library. */
function folded(fold: (out: Float64Array, part: Float64Array) => void): Operator {
  return (out, parts) => {
    out.set(parts[0]!);
    for (let place = 1; place < parts.length; place++) fold(out, parts[place]!);
  };
}

/** Of two texts; undefined where one is. */
function compared(holds: (text: string, part: string) => boolean): Operator {
  return (out, [texts, parts], { facts }) => {
    for (let user = 0; user < out.length; user++) {
      const a = texts![user]!;
      const b = parts![user]!;
      const isDefined = !Number.isNaN(a) && !Number.isNaN(b);
      out[user] = isDefined ? Number(holds(facts.texts.textOf(a), facts.texts.textOf(b))) : Number.NaN;
    }
  };
}

/** Of a number and the user's own instant; undefined where the number is, or no date comes out that a calendar has. */
function dated(compute: (value: number, now: number) => number): Operator {
  return (out, [part], { asOf }) => {
    for (let user = 0; user < out.length; user++) {
      const value = part![user]!;
      out[user] = Number.isNaN(value) ? value : compute(value, typeof asOf === "number" ? asOf : asOf[user]!);
    }
  };
}
