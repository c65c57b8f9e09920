import { writeFileSync } from "node:fs";
import { lexicographicSortSchema, printSchema } from "graphql";
import { buildGraph } from "./schema.js";

// `npm run schema`: writes the SDL that clients generate their code from.
const file = process.argv[2];
if (file === undefined) throw new Error("Usage: emit-schema FILE");
writeFileSync(file, `${printSchema(lexicographicSortSchema(buildGraph()))}\n`);
