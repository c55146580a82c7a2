/** One line per step with its time; what a step says in between is shown as it comes. Colour only on a terminal. */
export class Progress {
  readonly #colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;

  async step<T>(title: string, work: (say: (line: string) => void) => Promise<T>): Promise<T> {
    const started = Date.now();
    console.log(`… ${title}`);
    try {
      const result = await work((line) => {
        console.log(`    ${line}`);
      });
      console.log(`${this.#paint("32", "✓")} ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      console.log(`${this.#paint("31", "✗")} ${title}`);
      throw error;
    }
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
