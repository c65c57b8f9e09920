import { holdTagsToReference } from "./reference.js";

holdTagsToReference("online_retail", "online_retail/online_retail_all.csv.gz", "online-retail.yaml");
