import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { entities } from "../../src/entities.js";
import { seed } from "../../src/seed.js";
import { openStore, type Store } from "../../src/store/store.js";

/** What one benchmark found: figures by name, ratios among them. */
export interface Result {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

/** `users`: the size of the population, where a benchmark makes one; undefined: its own. */
export type Bench = (store: Store, options: { readonly users: number | undefined }) => Promise<readonly Result[]>;

// npm run bench [-- NAME ...] [--users N]: each *.bench.ts on a store of its own, one after the other. Machines differ: trust the ratios.
const here = fileURLToPath(new URL(".", import.meta.url));
const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { users: { type: "string" } } });
const users = values.users === undefined ? undefined : Number(values.users);
if (users !== undefined && !(Number.isInteger(users) && users > 0)) throw new Error("--users takes a whole number above 0.");
const names = readdirSync(here)
  .filter((file) => file.endsWith(".bench.js"))
  .map((file) => file.replace(".bench.js", ""))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
console.log(`Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`);
if (names.length === 0) throw new Error(`No benchmark is called ${wanted.join(", ")}.`);
for (const name of names) {
  const dataDirectory = mkdtempSync(join(tmpdir(), "tidemark-bench-"));
  const store = await openStore({ dataDirectory, entities, migrationsDirectory: join(here, "..", "..", "migrations") });
  try {
    await store.pool.transaction(seed);
    const { run }: { run: Bench } = await import(join(here, `${name}.bench.js`));
    for (const result of await run(store, { users })) {
      console.log(`\n${result.name}`);
      for (const [figure, value] of Object.entries(result.figures)) {
        const shown =
          typeof value === "number" ? (Number.isInteger(value) ? value.toLocaleString("en") : value.toPrecision(3)) : value;
        console.log(`  ${figure.padEnd(44)} ${shown}`);
      }
    }
  } finally {
    await store.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}
