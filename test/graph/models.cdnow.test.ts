import { holdToReference } from "./models.js";

holdToReference("cdnow", "1998-01-01");
