// Calls of S3 and DynamoDB, signed in Signature Version 4, without a package.
//
// Lambda brings the AWS SDK along, the embedded AWS does not; a function with more calls bundles it (esbuild).

import { createHash, createHmac } from "node:crypto";

const { env } = process;
const TRIES = 4;

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const encoded = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** An error of AWS, with its code in `name`; `item` is what a failed condition returns. */
export class AwsError extends Error {
  constructor(name, message, item) {
    super(message);
    this.name = name;
    this.item = item;
  }
}

/** Read one version of an object: its bytes. */
export async function getObject(bucket, key, version) {
  const path = `/${bucket}/${key.split("/").map(encoded).join("/")}`;
  const answer = await send("s3", "GET", path, `versionId=${encoded(version)}`);
  if (answer.ok) return Buffer.from(await answer.arrayBuffer());
  const text = await answer.text();
  throw new AwsError(/<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? String(answer.status), text);
}

/** Call an operation of DynamoDB. */
export async function dynamodb(operation, parameters) {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` };
  const answer = await send("dynamodb", "POST", "/", "", headers, JSON.stringify(parameters));
  const said = await answer.json();
  if (answer.ok) return said;
  throw new AwsError(String(said.__type).split("#").pop(), said.message ?? said.Message ?? "", said.Item);
}

/** An item, or the values of an expression. */
export function item(values) {
  const attribute = (value) => (typeof value === "number" ? { N: String(value) } : { S: value });
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, attribute(value)]));
}

async function send(service, method, path, query, headers = {}, body = "") {
  const base = env.AWS_ENDPOINT_URL ?? `https://${service}.${env.AWS_REGION}.amazonaws.com`;
  for (let triesLeft = TRIES - 1; ; triesLeft--) {
    const signed = signature(service, method, new URL(base).host, path, query, headers, body);
    const options = { method, headers: signed, signal: AbortSignal.timeout(30_000), ...(body && { body }) };
    const answer = await fetch(`${base}${path}${query && "?"}${query}`, options).catch((error) => error);
    const failed = answer instanceof Error || answer.status >= 500 || answer.status === 429;
    if (!failed) return answer;
    if (!triesLeft) throw answer instanceof Error ? answer : new AwsError("ServiceUnavailable", `${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** (TRIES - triesLeft)));
  }
}

/** The headers of a signed request: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
function signature(service, method, host, path, query, headers, body) {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const all = {
    ...headers,
    host,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": time,
    "x-amz-security-token": env.AWS_SESSION_TOKEN,
  };
  const names = Object.keys(all).sort();
  const lines = names.map((name) => `${name}:${all[name]}\n`).join("");
  const request = [method, path, query, lines, names.join(";"), sha256(body)].join("\n");
  const scope = [time.slice(0, 8), env.AWS_REGION, service, "aws4_request"];
  const key = scope.reduce(hmac, `AWS4${env.AWS_SECRET_ACCESS_KEY}`);
  const proof = hmac(key, ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(request)].join("\n")).toString("hex");
  const credential = `${env.AWS_ACCESS_KEY_ID}/${scope.join("/")}`;
  const { host: _, ...sent } = all; // fetch sets it
  const authorization = `Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${proof}`;
  return { ...sent, authorization: `AWS4-HMAC-SHA256 ${authorization}` };
}
