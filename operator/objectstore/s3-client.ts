import { Agent } from "node:https";
import { rootCertificates } from "node:tls";
import type * as S3Module from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStoreServer } from "./object-store-api.ts";

/** The client, and the module with its commands. */
export interface OpenedS3 {
  readonly s3: typeof S3Module;
  readonly client: S3Client;
}

const timeoutMs = 15_000;

/** The client is loaded with the first question: regions without an object store never pay for it. */
export async function openS3(server: ObjectStoreServer): Promise<OpenedS3> {
  const s3 = await import("@aws-sdk/client-s3");
  const { url, region, pathStyle, accessKeyId, secretAccessKey, ca } = server;
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const client = new s3.S3Client({
    endpoint: url,
    region,
    forcePathStyle: pathStyle,
    credentials: { accessKeyId, secretAccessKey },
    // Stores of providers refuse the checksums that newer clients send unasked.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Reconcilers try again themselves, and say so.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpsAgent: new Agent({ keepAlive: true, maxSockets: 16, ...trusted }),
    },
  });
  return { s3, client };
}
