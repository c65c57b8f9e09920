import { defineConfig } from "vitest/config";

export default defineConfig({
  // Without the alias vitest loads graphql twice ("another module or realm").
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/cluster.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    server: { deps: { inline: ["type-graphql", "@apollo/server", "@as-integrations/express5", "graphql-scalars"] } },
  },
});
