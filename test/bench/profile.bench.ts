import { createServer, type Server } from "node:http";
import { fillWhenEmpty } from "../../src/first-start.js";
import { progressOn } from "../../src/progress.js";
import type { Store } from "../../src/store/store.js";
import { apply, type LoadResult, listening, riskProfile, serviceOn } from "./apply.js";
import type { Result } from "./run.js";

const CONNECTIONS = 16;
const SECONDS = 5;
const ROUNDS = 3;

/**
 * RiskProfile over HTTP at 16 connections, against the least that could answer it: a bare HTTP server that sends the same
 * facts (user, identities, tier, score, tags) as the JSON of one prepared statement. Rounds alternate; medians are quoted.
 */
export async function run(store: Store): Promise<readonly Result[]> {
  await fillWhenEmpty(store, new Date(), progressOn(process.stderr));
  const ids = (
    await store.pool.read<{ id: string }>("select external_id as id from user_identity order by external_id limit 1000")
  ).map(({ id }) => id);
  const query = riskProfile();
  const service = await serviceOn(store);
  const bare = bareServer(store);
  const urls = { tidemark: service.url, bare: await listening(bare) };
  const bodies = {
    tidemark: ids.map((externalId) => JSON.stringify({ query, variables: { externalId } })),
    bare: ids,
  };
  const rounds: { tidemark: LoadResult; bare: LoadResult }[] = [];
  await apply({ url: urls.tidemark, bodies: bodies.tidemark, connections: CONNECTIONS, seconds: 2 });
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      tidemark: await apply({ url: urls.tidemark, bodies: bodies.tidemark, connections: CONNECTIONS, seconds: SECONDS }),
      bare: await apply({ url: urls.bare, bodies: bodies.bare, connections: CONNECTIONS, seconds: SECONDS }),
    });
  }
  await service.stop();
  await new Promise((done) => bare.close(done));
  const median = (of: (round: (typeof rounds)[number]) => number) =>
    rounds.map(of).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  return [
    {
      name: "RiskProfile over HTTP, 16 connections",
      figures: {
        "requests/s": median(({ tidemark }) => tidemark.requestsPerSecond),
        "p50 ms": median(({ tidemark }) => tidemark.p50Ms),
        "p99 ms": median(({ tidemark }) => tidemark.p99Ms),
        failed: rounds.reduce((sum, { tidemark }) => sum + tidemark.failed, 0),
        "bare server with one statement, requests/s": median(({ bare: { requestsPerSecond } }) => requestsPerSecond),
        "ratio to the bare server": median(
          ({ tidemark, bare: { requestsPerSecond } }) => tidemark.requestsPerSecond / requestsPerSecond,
        ),
        "peak memory MB": process.resourceUsage().maxRSS / 1024,
      },
    },
  ];
}

function bareServer(store: Store): Server {
  const text = `select json_build_object('id', u.id, 'stage', u.lifecycle_stage, 'first', u.first_seen_at, 'last', u.last_seen_at,
      'identities', (select json_agg(json_build_object('source', i.source_id, 'externalId', i.external_id)) from user_identity i where i.user_id = u.id),
      'tier', (select json_build_object('tier', t.tier, 'since', t.since, 'previous', t.previous) from user_tier t where t.user_id = u.id limit 1),
      'score', (select json_build_object('p', s.probability, 'at', s.scored_at) from churn_score s where s.user_id = u.id limit 1),
      'tags', (select json_agg(json_build_object('key', g.key, 'name', g.name, 'since', a.since)) from user_tag a join tag g on g.id = a.tag_id where a.user_id = u.id),
      'metrics', (select m.numbers from user_metric m where m.user_id = u.id)) as profile
    from app_user u where u.id = (select user_id from user_identity where external_id = $1 limit 1)`;
  return createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", async () => {
      const rows = await store.pool.read<{ profile: unknown }>(text, [body]);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(rows[0]?.profile));
    });
  });
}
