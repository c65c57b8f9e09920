import { registerMerged } from "../people/merge.step.js";

// The history of the one that vanishes is its own: it comes back with it.
registerMerged({ table: "user_tier", computed: true }, { table: "tier_history" });
