import { expect, it } from "vitest";
import { fc } from "../../test/support/fast-check.ts";
import { skopeoCommand } from "./mirror-plan.ts";

const part = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,8}[a-z0-9])?$/);
const name = fc
  .tuple(part, fc.option(fc.nat(65_535)), fc.array(part, { minLength: 1, maxLength: 3 }))
  .map(([host, port, path]) => [port === null ? host : `${host}:${port}`, ...path].join("/"));
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);

it("asks skopeo for a digest or a tag and never for both, whatever the names and ports of the two registries", () => {
  fc.assert(
    fc.property(name, name, tag, digest, (from, onto, version, hash) => {
      const command = (suffix: string): string[] =>
        skopeoCommand({ source: `${from}${suffix}`, target: `${onto}${suffix}` })
          .split(" ")
          .slice(-2);
      expect(command(`:${version}`)).toEqual([`docker://${from}:${version}`, `docker://${onto}:${version}`]);
      expect(command(`@${hash}`)).toEqual([`docker://${from}@${hash}`, `docker://${onto}@${hash}`]);
      expect(command(`:${version}@${hash}`)).toEqual([`docker://${from}@${hash}`, `docker://${onto}:${version}`]);
    }),
  );
});
