import { setTimeout as sleep } from "node:timers/promises";
import { TidemarkError } from "../errors.js";
import type { Pool, Session } from "../store/pool.js";
import { type ChangePlace, type ChangeRow, changesAfter } from "./change.loader.js";

/*
 * Changes as they come, for subscriptions. However many listen, a process asks the store once every quarter second, along the feed of
 * `changes`, and only while somebody listens. Waking up at each commit (NOTIFY) would be sooner by that quarter, and would have all
 * writers queue for one lock.
 */

const POLL_MS = 250;
const AFTER_FAILURE_MS = 1_000;
const PAGE_CHANGES = 1_000;
/** Changes that wait for one listener; one that falls further behind is let go, and can read them by `changes`. */
const MOST_WAITING = 10_000;

/** What a listener gets; it ends at once when it is told to, also while it waits. */
export type Changes = AsyncIterableIterator<ChangeRow>;

const tails = new WeakMap<Pool, Tail>();

/** Those changes that `fits` takes, from this moment on. */
export async function followChanges(pool: Pool, fits: (change: ChangeRow) => boolean): Promise<Changes> {
  let tail = tails.get(pool);
  if (!tail) {
    tail = new Tail(pool);
    tails.set(pool, tail);
  }
  return tail.listen(fits);
}

class Tail {
  private readonly listeners = new Set<Listener>();
  private place: ChangePlace | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly pool: Pool) {}

  async listen(fits: (change: ChangeRow) => boolean): Promise<Changes> {
    const listener = new Listener(fits, () => this.listeners.delete(listener));
    // Known before the listener is, so that nothing that commits from here on is missed.
    const here = await endOfFeed(this.pool);
    if (this.listeners.size === 0) this.place = here;
    this.listeners.add(listener);
    this.running ??= this.run();
    return listener;
  }

  private async run(): Promise<void> {
    while (this.listeners.size > 0) {
      let wait = POLL_MS;
      try {
        const rows = await changesAfter(this.pool, { place: this.place!, hidden: [], limit: PAGE_CHANGES });
        const last = rows.at(-1);
        if (last) this.place = last;
        for (const row of rows) for (const listener of this.listeners) listener.tell(row);
        if (rows.length === PAGE_CHANGES) wait = 0;
      } catch (error) {
        // A store that is away for a while comes back; a place that was swept meanwhile does not.
        if (error instanceof TidemarkError && error.code === "BAD_INPUT")
          this.place = await endOfFeed(this.pool).catch(() => this.place);
        wait = AFTER_FAILURE_MS;
      }
      await sleep(wait, undefined, { ref: false });
    }
    this.running = undefined;
  }
}

/** After everything that is final, and before everything that is not. */
export async function endOfFeed(session: Session): Promise<ChangePlace> {
  const [row] = await session.read<{ xid: string }>(
    "select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text as xid",
  );
  return { xid: row!.xid, id: "9223372036854775807" };
}

class Listener implements AsyncIterableIterator<ChangeRow> {
  private readonly waiting: ChangeRow[] = [];
  private wake: (() => void) | undefined;
  private ended = false;
  private failure: TidemarkError | undefined;

  constructor(
    private readonly fits: (change: ChangeRow) => boolean,
    private readonly leave: () => void,
  ) {}

  tell(change: ChangeRow): void {
    if (!this.fits(change)) return;
    if (this.waiting.length >= MOST_WAITING) {
      this.failure = new TidemarkError(
        "UNAVAILABLE",
        "Changes came faster than they were read; go on with the query changes, and subscribe anew.",
      );
      this.end();
      return;
    }
    this.waiting.push(change);
    this.wake?.();
  }

  async next(): Promise<IteratorResult<ChangeRow>> {
    while (this.waiting.length === 0 && !this.ended)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    this.wake = undefined;
    if (this.failure) throw this.failure;
    const value = this.ended ? undefined : this.waiting.shift();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  async return(): Promise<IteratorResult<ChangeRow>> {
    this.end();
    return { done: true, value: undefined };
  }

  private end(): void {
    this.ended = true;
    this.leave();
    this.wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
