#!/usr/bin/env node
// Node strips the types of every file but those below node_modules, where an installed package lies; there, this program does it itself.
import { readFileSync } from "node:fs";
import nodeModule from "node:module";

const own = new URL("../../", import.meta.url).href;

/** Node warns of this function at its first call; whoever runs a command need not read that. */
function stripQuietly() {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  nodeModule.stripTypeScriptTypes("");
  process.emitWarning = emitWarning;
}

if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(`socle needs Node 24 or newer, and this is ${process.version}.\n`);
  process.exit(1);
}
if (own.includes("/node_modules/")) {
  stripQuietly();
  nodeModule.registerHooks({
    load(url, context, next) {
      const isOurs = url.startsWith(own) && !url.slice(own.length).includes("node_modules/") && url.endsWith(".ts");
      if (!isOurs) return next(url, context);
      const source = nodeModule.stripTypeScriptTypes(readFileSync(new URL(url), "utf8"));
      return { format: "module", source, shortCircuit: true };
    },
  });
}
await import("./socle.ts");
