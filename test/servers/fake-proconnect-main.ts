import { readConfiguration } from "./fake-proconnect-configuration.ts";
import { startFakeProConnect } from "./fake-proconnect.ts";

/** The FAKE ProConnect as a process: `node test/servers/fake-proconnect-main.ts CONFIGURATION.json`. Ready when it says so. */
const [, , file] = process.argv;
if (file === undefined) throw new Error("Name the configuration: node fake-proconnect-main.ts CONFIGURATION.json");

const fake = await startFakeProConnect(readConfiguration(file));
console.log(`FAKE ProConnect: ${fake.issuer}`);

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    void fake.stop();
  });
