import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { becomes } from "../servers/server-process.ts";

/** An nginx that only ever sees configurations which it said it can load. */
export class IngressServer {
  readonly #program: string;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  constructor(program: string, directory: string) {
    this.#program = program;
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o711 });
  }

  /** Why nginx would not load this configuration; undefined when it would. */
  problemOf(configuration: string): Promise<string | undefined> {
    writeFileSync(this.#candidate, configuration, { mode: 0o600 });
    return new Promise((resolve) => {
      execFile(this.#program, [...this.#arguments(this.#candidate), "-t"], (error, _stdout, stderr) => {
        resolve(error === null ? undefined : stderr.trim().slice(-1000));
      });
    });
  }

  /** Serves by this configuration, which must be without problem, from now on; connections in use end by themselves. */
  async serve(configuration: string): Promise<void> {
    writeFileSync(this.#candidate, configuration, { mode: 0o600 });
    renameSync(this.#candidate, this.#inForce);
    if (this.#child === undefined) await this.#start();
    else this.#child.kill("SIGHUP");
  }

  async #start(): Promise<void> {
    this.#child = spawn(this.#program, this.#arguments(this.#inForce), { stdio: ["ignore", "inherit", "inherit"] });
    this.#child.once("error", (error) => {
      console.error(error.message);
      process.exit(1);
    });
    this.#child.once("exit", (code, signal) => {
      console.error(`nginx ended: ${signal ?? code ?? "unknown"}`);
      process.exit(1);
    });
    // Before it has written this file, it would not take a signal as the wish to reload. A trial makes the file too, and leaves it empty.
    const pidFile = join(this.#directory, "nginx.pid");
    if (!(await becomes(() => readFileSync(pidFile, "utf8") !== "", 10_000))) throw new Error("nginx did not start");
  }

  #arguments(configuration: string): string[] {
    return ["-e", "stderr", "-p", this.#directory, "-c", configuration];
  }

  get #candidate(): string {
    return join(this.#directory, "candidate.conf");
  }

  get #inForce(): string {
    return join(this.#directory, "nginx.conf");
  }
}
