import { k8s } from "cdk8s-plus-28";
import { expect, test } from "vitest";
import { synthesize } from "./synthesize.ts";

test("manifests come in the order of construction, with the names given and sorted keys", () => {
  const manifests = synthesize((scope) => {
    new k8s.KubeConfigMap(scope, "second-by-name", {
      metadata: { name: "zulu", namespace: "n" },
      data: { b: "2", a: "1" },
    });
    new k8s.KubeConfigMap(scope, "first-by-name", { metadata: { name: "alpha", namespace: "n" } });
  });
  expect(manifests.map((manifest) => manifest.metadata.name)).toEqual(["zulu", "alpha"]);
  expect(JSON.stringify(manifests[0]?.["data"])).toBe('{"a":"1","b":"2"}');
});

test("the sort order of keys does not depend on the environment of the process", () => {
  const build = () =>
    JSON.stringify(
      synthesize((scope) => {
        new k8s.KubeConfigMap(scope, "map", {
          metadata: { name: "map", labels: { z: "1", a: "2" } },
          data: { b: "2", a: "1" },
        });
      }),
    );
  const usual = build();
  process.env["CDK8S_DISABLE_SORT"] = "1";
  try {
    expect(build()).toBe(usual);
  } finally {
    delete process.env["CDK8S_DISABLE_SORT"];
  }
});

test("two constructs that describe the same object are a fault, not a silent overwrite", () => {
  const twice = () =>
    synthesize((scope) => {
      new k8s.KubeConfigMap(scope, "one", { metadata: { name: "same", namespace: "n" } });
      new k8s.KubeConfigMap(scope, "two", { metadata: { name: "same", namespace: "n" } });
    });
  expect(twice).toThrow("Two constructs describe v1 ConfigMap n same");
});
