import { registerMerged } from "../people/merge.step.js";

registerMerged({ table: "churn_score", computed: true });
