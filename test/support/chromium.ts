import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { installFromDebian } from "../node-lane/host.ts";
import type { Progress } from "../servers/cache.ts";

/** Where Debian's package puts it. */
const program = "/usr/bin/chromium";

/** Undefined, or why this host has no Chromium: then what needs it counts as skipped, and in CI that is a failure. */
export async function chromiumProblem(progress: Progress): Promise<string | undefined> {
  if (existsSync(program)) return undefined;
  try {
    await installFromDebian(["chromium"], progress);
    return undefined;
  } catch (error) {
    if (!(error instanceof LaneUnavailable) || (process.env["CI"] ?? "") !== "") throw error;
    progress(`NOT RUN: ${error.message}`);
    return error.message;
  }
}

/** A real Chromium without a window, which looks for nothing on the internet. Its sandbox does not work for root. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: program,
    timeout: 120_000,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
