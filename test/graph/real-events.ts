import { existsSync } from "node:fs";
import { join } from "node:path";
import { importFile } from "../../src/events/import-file.step.js";
import type { Store } from "../../src/store/store.js";

const data = join(process.cwd(), "../shared/data");
export const realDataIsAbsent = !existsSync(join(data, "cdnow", "CDNOW_master.txt.gz"));

const SETS = {
  cdnow: { file: "cdnow/CDNOW_master.txt.gz", map: "cdnow-master.yaml" },
  online_retail: { file: "online_retail/online_retail_all.csv.gz", map: "online-retail.yaml" },
  retail_transactions_125k: { file: "retail_transactions_125k/Retail_Data_Transactions.csv.gz", map: "retail-transactions.yaml" },
} as const;

export type RealSet = keyof typeof SETS;

/** A real data set through its map, as whoever has it would import it; its reference was cleaned in the same way. */
export async function importReal(store: Store, set: RealSet): Promise<void> {
  const { file, map } = SETS[set];
  await importFile(store, { file: join(data, file), map: join("examples", map), now: new Date("2026-01-01T00:00:00Z") });
  await store.pool.run("analyze");
}
