import { describe, expect, it } from "vitest";
import { element, readXml, UnreadableXmlError, UnwritableTextError, writeXml } from "./xml.ts";

describe("XML", () => {
  it("is written with the namespace of each element where it begins to differ", () => {
    const inner = element("urn:b", "inner", [element("urn:b", "leaf", "a < b & c > d")]);
    expect(writeXml(element("urn:a", "outer", [inner, element("urn:a", "empty", "")]))).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><outer xmlns="urn:a"><inner xmlns="urn:b"><leaf>a &lt; b &amp; c &gt; d</leaf></inner><empty/></outer>',
    );
  });

  it("is read by names and namespaces, whatever the prefixes are", () => {
    const text = '<p:a xmlns:p="urn:a" xmlns="urn:d"><b>x<![CDATA[<y>]]>&#x41;</b><!-- no --><p:c/></p:a>';
    expect(readXml(text)).toEqual({
      namespace: "urn:a",
      name: "a",
      text: "",
      children: [
        { namespace: "urn:d", name: "b", text: "x<y>A", children: [] },
        { namespace: "urn:a", name: "c", text: "", children: [] },
      ],
    });
  });

  it.each<[string, string]>([
    ["is empty", ""],
    ["is plain text", "Service Unavailable"],
    ["is cut off", "<a><b>"],
    ["has two roots", "<a/><b/>"],
    ["crosses its elements", "<a><b></a></b>"],
    ["names an entity of nobody", "<a>&nbsp;</a>"],
    ["defines an entity", '<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>'],
    ["multiplies entities", '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a>&z;</a>'],
    ["asks for a file", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ["holds a character that XML has no room for", "<a>&#0;</a>"],
    ["uses a prefix that it does not declare", "<p:a/>"],
  ])("that %s is refused", (_what, text) => {
    expect(() => readXml(text)).toThrow(UnreadableXmlError);
  });

  it("that is deep is refused where it becomes too deep, before its end is read", () => {
    expect(() => readXml(`${"<a>".repeat(300_000)}</b>`)).toThrow(/deeper than 32/);
  });

  it.each(["\u0000", "\u001b", "\ufffe", "\ud800"])("does not carry %j, and says so without the value", (bad) => {
    const write = () => writeXml(element("urn:a", "a", `a-password${bad}`));
    expect(write).toThrow(UnwritableTextError);
    expect(write).not.toThrow(/a-password/);
  });
});
