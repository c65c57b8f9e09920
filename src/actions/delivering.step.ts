import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "../store/pool.js";
import { type DeliverOptions, takeTurn } from "./deliver.step.js";
import { sweepDeliveries } from "./delivery.step.js";
import { dueWebhooks } from "./place.step.js";

export interface Delivering {
  /** Lets the messages that are under way end, gives up those that take long, and resolves when nothing is sent any more. */
  stop(): Promise<void>;
}

export interface DeliveringOptions extends Omit<DeliverOptions, "stopping" | "givingUp"> {
  readonly onFailure: (error: unknown) => void;
  /** Shorter in tests. */
  readonly pollMs?: number;
}

const POLL_MS = 500;
const AFTER_FAILURE_MS = 1_000;
const SWEEP_EVERY_MS = 60_000;
/** Each holds a connection to the store while its endpoint is waited for. */
const MOST_AT_ONCE = 8;
/** Those that failed last time, and may take their whole time to fail again, leave room for the others. */
const MOST_FAILING_AT_ONCE = 3;
const LAST_ANSWERS_MS = 2_000;

/** Tells webhooks what is new until it is stopped; each at its own pace. Several processes may do so on one store. */
export function startDelivering(pool: Pool, options: DeliveringOptions): Delivering {
  const stopping = new AbortController();
  const givingUp = new AbortController();
  const turns = new Map<number, { readonly isFailing: boolean; readonly ended: Promise<void> }>();
  let lastId = 0;
  let swept = Number.NEGATIVE_INFINITY;
  let wake = () => {};

  const begin = (id: number, isFailing: boolean) => {
    lastId = id;
    const turn = takeTurn(pool, id, { ...options, stopping: stopping.signal, givingUp: givingUp.signal });
    const ended = turn
      .catch(async (error: unknown) => {
        options.onFailure(error);
        await sleep(AFTER_FAILURE_MS, undefined, { signal: stopping.signal }).catch(() => {});
        return false;
      })
      .then((cameToSomething) => {
        turns.delete(id);
        if (cameToSomething) wake();
      });
    turns.set(id, { isFailing, ended });
  };
  const look = async () => {
    if (turns.size >= MOST_AT_ONCE) return;
    const due = await dueWebhooks(pool, { clock: options.clock(), busy: [...turns.keys()], lastId, limit: 2 * MOST_AT_ONCE });
    for (const { id, isFailing } of due) {
      const failing = [...turns.values()].filter((turn) => turn.isFailing).length;
      if (stopping.signal.aborted || turns.size >= MOST_AT_ONCE) return;
      if (!isFailing || failing < MOST_FAILING_AT_ONCE) begin(id, isFailing);
    }
  };
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      let wait = options.pollMs ?? POLL_MS;
      try {
        await look();
        if (performance.now() - swept > SWEEP_EVERY_MS) {
          swept = performance.now();
          await sweepDeliveries(pool, options.clock());
        }
      } catch (error) {
        options.onFailure(error);
        wait = AFTER_FAILURE_MS;
      }
      const waiting = new AbortController();
      const signal = AbortSignal.any([stopping.signal, waiting.signal]);
      await Promise.race([woken, sleep(wait, undefined, { signal }).catch(() => {})]);
      waiting.abort();
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
      const ended = Promise.all([...turns.values()].map((turn) => turn.ended));
      await Promise.race([ended, sleep(LAST_ANSWERS_MS, undefined, { ref: false })]);
      givingUp.abort();
      await ended;
    },
  };
}
