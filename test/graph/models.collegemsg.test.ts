import { holdBestToReference } from "./best.js";

holdBestToReference({
  name: "collegemsg",
  file: "collegemsg/CollegeMsg.txt.gz",
  map: "college-messages.yaml",
  template: "silence",
  laterAuc: 0.7751,
});
