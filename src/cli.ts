#!/usr/bin/env node
import { requireNode } from "./node-version.js";

requireNode();
const { commands } = await import("./commands.js");
await commands(process.env, process.cwd()).parseAsync(process.argv);
