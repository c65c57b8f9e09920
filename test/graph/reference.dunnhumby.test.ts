import { holdTagsToReference } from "./reference.js";

holdTagsToReference("dunnhumby_sample", "dunnhumby_sample/transactions_sample.csv.gz", "dunnhumby-transactions.yaml");
