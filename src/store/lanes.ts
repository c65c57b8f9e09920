import { Socket } from "node:net";
import pg from "pg";

/** Connections that many requests share. */
export interface Lanes {
  query<Row extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
  end(): Promise<void>;
}

interface Lane {
  readonly client: pg.Client;
  readonly socket: Socket;
  readonly ready: Promise<unknown>;
  /** Gives it up: it takes no further statement. */
  readonly close: () => void;
  waiting: number;
}

/** Enough that one statement that lasts does not hold up everybody, and few enough that many statements share one write. */
const LANES = 4;

/**
 * Sends the statements of one turn of the event loop over one connection in one write, without waiting for the answers between
 * them (pg's pipeline mode: each is a transaction of its own, and one that fails does not touch the others).
 *
 * A page of one user is some seven small statements. Sent one by one over connections of their own, the writes to their sockets
 * were 44 % of the service's CPU.
 */
export function openLanes(config: pg.ClientConfig): Lanes {
  const lanes = new Map<number, Lane>();
  let current: Lane | undefined;
  let ended = false;

  function open(place: number): Lane {
    const socket = new Socket();
    const client = new pg.Client({ ...config, pipeline: true, stream: () => socket });
    // What was sent fails by itself; the next statement opens the lane anew.
    const close = () => {
      if (lanes.get(place) === lane) lanes.delete(place);
      if (current === lane) current = undefined;
    };
    const lane: Lane = { client, socket, ready: client.connect(), close, waiting: 0 };
    client.on("error", close);
    client.on("end", close);
    lane.ready.catch(close);
    lanes.set(place, lane);
    return lane;
  }

  /** The one with the fewest answers outstanding; another is opened only where all have some. */
  function choose(): Lane {
    let idlest: Lane | undefined;
    for (let place = 0; place < LANES; place++) {
      const lane = lanes.get(place);
      if (lane === undefined && idlest?.waiting !== 0) return open(place);
      if (lane && lane.waiting < (idlest?.waiting ?? Number.POSITIVE_INFINITY)) idlest = lane;
    }
    return idlest!;
  }

  /** The lane of this turn. Its socket holds everything back until the turn is over. */
  function laneOfTurn(): Lane {
    if (current) return current;
    const lane = choose();
    current = lane;
    lane.socket.cork();
    setImmediate(() => {
      if (current === lane) current = undefined;
      lane.socket.uncork();
    });
    return lane;
  }

  async function ask<Row extends pg.QueryResultRow>(lane: Lane, query: pg.QueryConfig): Promise<pg.QueryResult<Row>> {
    lane.waiting++;
    try {
      await lane.ready;
      return await lane.client.query<Row>(query);
    } finally {
      lane.waiting--;
    }
  }

  return {
    async query<Row extends pg.QueryResultRow>(query: pg.QueryConfig) {
      if (ended) throw new Error("Connection ended");
      const lane = laneOfTurn();
      try {
        return await ask<Row>(lane, query);
      } catch (cause) {
        // A connection that was lost since it was last used is found out by using it; to read again does no harm.
        if (!isLoss(cause) || ended) throw cause;
        lane.close();
      }
      return ask<Row>(laneOfTurn(), query);
    },
    async end() {
      ended = true;
      await Promise.allSettled([...lanes.values()].map(({ client }) => client.end()));
    },
  };
}

/** Whether the connection went away under a statement: closed by the server (57P01 to 57P03), or found closed. */
function isLoss(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = "code" in cause ? String(cause.code) : "";
  return /^57P0|^EPIPE$|^ECONNRESET$/.test(code) || /Connection terminated/.test(cause.message);
}
