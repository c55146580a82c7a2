export interface ReleaseFacts {
  readonly version: string;
  readonly changelog: string;
  /** What it was made of: a commit, or why that is not all. */
  readonly origin: string;
  readonly withImage: boolean;
}

/** The notes of a release: what the changelog says of it, and how it is verified. Pure. */
export function releaseNotes({ version, changelog, origin, withImage }: ReleaseFacts): string {
  return (
    [
      `# Socle ${version}`,
      `Made of ${origin}.`,
      ...(withImage
        ? []
        : [
            `**The operator's image is not part of this release:** it was made with \`--without-image\`. Build it from the same commit before you install.`,
          ]),
      "Verify it with `sha256sum -c SHA256SUMS` in the directory that holds its files.",
      "## Changes",
      changesOf(version, changelog),
      "",
    ]
      .join("\n\n")
      .trimEnd() + "\n"
  );
}

/** What stands below the heading of that version; as long as it has none, below `Unreleased`. */
function changesOf(version: string, changelog: string): string {
  const sections = new Map(
    changelog
      .split(/^## /m)
      .slice(1)
      .map((section): [string, string] => {
        const [heading = "", ...lines] = section.split("\n");
        return [heading.split(" ")[0] ?? "", lines.join("\n").trim()];
      }),
  );
  const changes = sections.get(version) ?? sections.get("Unreleased") ?? "";
  if (changes !== "") return changes;
  throw new Error(
    `CHANGELOG.md says nothing of version ${version}; write a section "## ${version}" or "## Unreleased".`,
  );
}
