import { describe, expect, it } from "vitest";
import { releaseNotes } from "./notes.ts";

const changelog =
  "# Changelog\n\n## Unreleased\n\n- Next.\n\n## 1.2.3 (2026-11-27)\n\nWords.\n\n### Fixed\n\n- It.\n\n## 1.2.2\n\n- Old.\n";
const notes = (version: string, text = changelog): string =>
  releaseNotes({ version, changelog: text, origin: "commit 0123", withImage: true });

describe("the notes of a release", () => {
  it("are what the changelog says of its version, with the parts of that, and of no other", () => {
    expect(notes("1.2.3").split("## Changes\n\n")[1]).toBe("Words.\n\n### Fixed\n\n- It.\n");
  });

  it("are what is unreleased as long as the version has no section of its own", () => {
    expect(notes("1.3.0")).toMatch(/^# Socle 1\.3\.0\n[\s\S]+## Changes\n\n- Next\.\n$/);
  });

  it("name the commit, and how the files are verified", () => {
    expect(notes("1.2.3")).toContain("Made of commit 0123.");
    expect(notes("1.2.3")).toContain("sha256sum -c SHA256SUMS");
  });

  it("are refused where the changelog says nothing", () => {
    expect(() => notes("1.2.3", "# Changelog\n\n## 1.2.3\n\n")).toThrow(/says nothing of version 1\.2\.3/);
  });
});
