import { test } from "vitest";
import { nextcloudManifests, nextcloudRoute } from "../../constructs/nextcloud/nextcloud-manifests.ts";
import { nextcloudInput } from "../support/nextcloud-fixture.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

test("a ministry's files are this, byte for byte", () => {
  const { foundation, prepare, settings, serving } = nextcloudManifests(nextcloudInput);
  const { namespace, labels, host } = nextcloudInput;
  const publishing = { by: "ingress", className: "edge" } as const;
  const route = nextcloudRoute({ namespace, labels, host, publishing, tlsSecret: "public-certificate" });
  expectGolden("nextcloud.yaml", yamlDocuments([...foundation, ...prepare, ...settings, ...serving, ...route]));
});
