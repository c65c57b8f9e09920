import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedEventTypes } from "../../src/events/event-type.step.js";
import { importFile } from "../../src/events/import-file.step.js";
import { seededRandom } from "../../src/math/random.js";
import { copyIn } from "../../src/store/copy.js";
import type { Store } from "../../src/store/store.js";
import type { Result } from "./run.js";

const EVENTS = 1_000_000;
const USERS = 50_000;
const CATEGORIES = 200;
const START = Date.UTC(2025, 0, 1);
const YEAR_MS = 365 * 86_400_000;
const ROUNDS = 3;

/** The import of a CSV file of a million events in the order of time, against a raw binary COPY of the same columns into a table without index. */
export async function run(store: Store): Promise<readonly Result[]> {
  await seedEventTypes(store.pool);
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-"));
  try {
    const file = join(folder, "events.csv");
    await writeEvents(file);
    const rates: { copy: number; fresh: number; again: number }[] = [];
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 50);
    for (let round = 0; round < ROUNDS; round++) {
      const copy = await rawCopy(store);
      const map = {
        source: `bench ${round}`,
        user: "user",
        type: "order",
        occurredAt: { column: "at", format: "iso" },
        amount: "amount",
        category: "category",
        eventId: "id",
      };
      const fresh = await importFile(store, { file, map, now: new Date(START + YEAR_MS) });
      const again = await importFile(store, { file, map, now: new Date(START + YEAR_MS) });
      if (fresh.accepted !== EVENTS || again.duplicates !== EVENTS) throw new Error("The import lost or doubled events.");
      rates.push({ copy, fresh: EVENTS / fresh.seconds, again: EVENTS / again.seconds });
      await store.pool.run("truncate event, event_day, user_history, app_user, user_identity, user_change");
    }
    clearInterval(watch);
    const middle = (of: (rate: (typeof rates)[number]) => number) => rates.map(of).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
    return [
      {
        name: `import of ${EVENTS.toLocaleString("en")} events`,
        figures: {
          "rows/s": Math.round(middle(({ fresh }) => fresh)),
          "raw COPY rows/s": Math.round(middle(({ copy }) => copy)),
          "of raw COPY": middle(({ fresh, copy }) => fresh / copy).toFixed(2),
          "again, rows/s": Math.round(middle(({ again }) => again)),
          "peak RSS MB": Math.round(peak / 1e6),
        },
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The events, user after user without a pattern, in the order of time, as logs have them. */
async function writeEvents(path: string): Promise<void> {
  const random = seededRandom(20_251_122);
  const out = createWriteStream(path);
  out.write("id,user,at,amount,category\n");
  let text = "";
  for (let i = 0; i < EVENTS; i++) {
    const at = new Date(START + Math.floor((i / EVENTS) * YEAR_MS)).toISOString();
    const user = Math.floor(random() ** 2 * USERS);
    text += `e${i},u${user},${at},${(random() * 200).toFixed(2)},c${Math.floor(random() * CATEGORIES)}\n`;
    if (text.length > 1_000_000) {
      if (!out.write(text)) await once(out, "drain");
      text = "";
    }
  }
  out.end(text);
  await once(out, "finish");
}

/** The limit: rows a second of COPY in binary of the same columns, ready in memory, into a table without any index. */
async function rawCopy(store: Store): Promise<number> {
  await store.pool.run("drop table if exists bench_event");
  await store.pool.run("create table bench_event (like event)");
  const started = performance.now();
  await store.pool.transaction(({ client }) =>
    copyIn(
      client,
      "bench_event (user_id, occurred_at, id, type_id, source_id, event_id, amount, category_ids, channel, properties, received_at)",
      EVENTS,
      (to, i) => {
        to.int8(i % USERS);
        to.epochMs(START + i * 31_536);
        to.int8(i);
        to.int4(17);
        to.int4(1);
        to.text(`e${i}`);
        to.money((i * 7919) % 2_000_000);
        to.int4s([i % CATEGORIES]);
        to.text(null);
        to.json(null);
        to.epochMs(START);
      },
    ),
  );
  const seconds = (performance.now() - started) / 1000;
  await store.pool.run("drop table bench_event");
  return EVENTS / seconds;
}
