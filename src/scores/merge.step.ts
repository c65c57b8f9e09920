import { registerMerged } from "../people/merge.step.js";

registerMerged(
  { table: "churn_score", computed: true },
  // What was foretold of a user who is another one now cannot be held against what became of them.
  { table: "score_snapshot", computed: true },
);
