import { holdBestToReference } from "./best.js";

holdBestToReference({
  name: "dunnhumby_sample",
  file: "dunnhumby_sample/transactions_sample.csv.gz",
  map: "dunnhumby-transactions.yaml",
  template: "grocery",
  laterAuc: 0.796,
});
