import { holdTagsToReference } from "./reference.js";

holdTagsToReference("collegemsg", "collegemsg/CollegeMsg.txt.gz", "college-messages.yaml");
