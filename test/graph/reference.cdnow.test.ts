import { holdTagsToReference } from "./reference.js";

holdTagsToReference("cdnow", "cdnow/CDNOW_master.txt.gz", "cdnow-master.yaml");
