import type { Config } from "../../src/config.js";
import { startTestApp, type TestApp } from "./harness.js";

/*
 * Viewers of three departments, of which `sales` owns one thing of each kind and visibility. What a thing is to a department follows from the
 * small table here, and not from the code that is tried.
 */

export const ADMIN = "an-admin-key-of-many-characters";
export const DEPARTMENTS = ["sales", "service", "product"] as const;
export type Department = (typeof DEPARTMENTS)[number];
export const [USE, READ, OWN] = [1, 2, 3] as const;

/** What the things of `sales` are to each department: `service` was given rights, `product` none. */
export const LEVELS = {
  PRIVATE: { sales: OWN, service: 0, product: 0 },
  LENT: { sales: OWN, service: USE, product: 0 },
  SHOWN: { sales: OWN, service: READ, product: 0 },
  EXPIRED: { sales: OWN, service: 0, product: 0 },
  PUBLIC: { sales: OWN, service: READ, product: READ },
} as const satisfies Record<string, Record<Department, number>>;
export type Thing = keyof typeof LEVELS;
export const THINGS = Object.keys(LEVELS) as Thing[];
export const visibilityOf = (thing: Thing) => (thing === "PUBLIC" || thing === "PRIVATE" ? thing : "SHARED");

export interface Viewers {
  readonly app: TestApp;
  /** The secret of a key. */
  keyOf(department: Department, role: string): string;
  /** As whoever holds a key. */
  send(key: string, query: string, variables?: object): Promise<{ text: string; data?: any; errors?: any[] }>;
  /** As the owner; fails the test when it answers errors. */
  own(query: string, variables?: object): Promise<any>;
  /** Gives `service` what LEVELS says of things of a kind, by their tables' ids, and lets one run out. */
  grant(kind: string, ids: ReadonlyMap<Thing, number>): Promise<void>;
}

export async function startViewers(settings: Partial<Config> = {}): Promise<Viewers> {
  const app = await startTestApp({ ...settings, adminKey: ADMIN });
  const keys = new Map<string, string>();
  async function send(key: string, query: string, variables: object = {}) {
    const response = await fetch(app.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    return { text, ...(JSON.parse(text) as { data?: any; errors?: any[] }) };
  }
  async function own(query: string, variables: object = {}) {
    const { data, errors } = await send(ADMIN, query, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }
  for (const key of DEPARTMENTS)
    await own("mutation ($key: String!) { saveDepartment(key: $key, name: $key) { errors { message } } }", { key });
  for (const department of DEPARTMENTS)
    for (const role of ["ANALYST", "CRM", "APP"]) {
      const { createApiKey } = await own(
        "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret errors { message } } }",
        { input: { name: `${role} of ${department}`, role, department } },
      );
      keys.set(`${department} ${role}`, createApiKey.secret);
    }
  return {
    app,
    keyOf: (department, role) => keys.get(`${department} ${role}`)!,
    send,
    own,
    async grant(kind, ids) {
      // No grant can be given through the graph that has run out already.
      for (const [thing, right, expiresAt] of [
        ["LENT", "USE_IN_SEGMENTS", null],
        ["SHOWN", "READ", null],
        ["EXPIRED", "READ", new Date(Date.now() - 1_000)],
      ] as const)
        await app.store.pool.read(
          `insert into access_grant (kind, thing_id, department_id, "right", state, asked_at, asked_by, decided_at, decided_by, expires_at)
           select $1, $2, id, $3, 'GRANTED', now(), 'test', now(), 'test', $4 from department where key = 'service'`,
          [kind, ids.get(thing)!, right, expiresAt],
        );
      await app.store.pool.read(
        `insert into setting (key, value) values ('access', json_build_object('version', gen_random_uuid())) on conflict (key) do update set value = excluded.value`,
      );
    },
  };
}
