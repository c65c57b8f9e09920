import { holdToReference } from "./models.js";

holdToReference("online_retail", "2011-08-01");
