#!/usr/bin/env node
import { requireNode } from "./node-version.js";

requireNode();
// Loaded only now: an older Node would fail on the syntax before it could say what is wrong.
const { serve } = await import("./serve.js");
await serve(process.argv.slice(2), process.env, process.cwd());
