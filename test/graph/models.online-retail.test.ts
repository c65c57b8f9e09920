import { holdBestToReference } from "./best.js";
import { holdToReference } from "./models.js";

holdToReference("online_retail", "2011-08-01");

holdBestToReference({
  name: "online_retail",
  file: "online_retail/online_retail_all.csv.gz",
  map: "online-retail.yaml",
  template: "retail",
  laterAuc: 0.7504,
});
