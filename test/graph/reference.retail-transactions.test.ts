import { holdTagsToReference } from "./reference.js";

holdTagsToReference(
  "retail_transactions_125k",
  "retail_transactions_125k/Retail_Data_Transactions.csv.gz",
  "retail-transactions.yaml",
);
