// The runtime client of functions in Node. AWS's own, aws-lambda-ric, has to be compiled, and PyPI does not have it.
//
// It speaks the Runtime API and writes log lines and errors as AWS's: frames of type, length, microseconds and text.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const { env } = process;
const require = createRequire(import.meta.url);
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const FRAME_TYPE = 0xa55a0003;
const logs = Number(env._LAMBDA_TELEMETRY_LOG_FD);
delete env._LAMBDA_TELEMETRY_LOG_FD;
const writesJson = env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const leastLevel = writesJson ? LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL || "INFO") : 0;

let requestId; // undefined during init, and so it stands in the log, as on AWS
let onIdle = () => {};

function call(method, where, body = "", headers = {}) {
  const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(":");
  const sent = { ...headers, "Content-Length": Buffer.byteLength(body) };
  const options = { agent: false, headers: sent, host, method, path: `/2018-06-01/runtime/${where}`, port };
  return new Promise((resolve, reject) => {
    const request = http.request(options, async (answer) => {
      const chunks = await answer.toArray();
      resolve({ body: Buffer.concat(chunks).toString(), headers: answer.headers });
    });
    request.on("error", reject);
    request.end(body);
  });
}

function writeFrame(text) {
  const content = Buffer.from(text);
  const frame = Buffer.alloc(16 + content.length);
  frame.writeUInt32BE(FRAME_TYPE, 0);
  frame.writeUInt32BE(content.length, 4);
  frame.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  content.copy(frame, 16);
  for (let at = 0; at < frame.length; ) at += fs.writeSync(logs, frame, at);
}

function patchConsole() {
  const methods = { trace: 0, debug: 1, info: 2, log: 2, warn: 3, error: 4, fatal: 5 };
  for (const [name, level] of Object.entries(methods)) {
    console[name] = (...values) => {
      if (level >= leastLevel) writeFrame(writesJson ? jsonLine(LEVELS[level], values) : textLine(LEVELS[level], values));
    };
  }
}

function textLine(level, values) {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values)}\n`;
}

function jsonLine(level, values) {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  const error = values.slice(1).find((each) => each instanceof Error);
  line.message = values.length === 1 ? values[0] : format(...values);
  if (error) Object.assign(line, errorFields(error));
  const readable = (_, value) => (value instanceof Error ? { ...errorFields(value), ...value } : value);
  try {
    return `${JSON.stringify(line, readable)}\n`;
  } catch {
    return `${JSON.stringify({ ...line, message: format(...values) })}\n`; // the value refers to itself
  }
}

function errorFields(error) {
  return { errorType: error.constructor.name, errorMessage: error.message, stackTrace: String(error.stack).split("\n") };
}

function logError(title, error) {
  if (writesJson) return console.error(error);
  const { stack, ...own } = error instanceof Error ? { ...error, stack: error.stack } : {};
  const { errorType, errorMessage, trace } = payloadOf(error);
  console.error(`${title} \t${JSON.stringify({ errorType, errorMessage, ...own, stack: trace })}`);
}

function payloadOf(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split("\n") }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function runtimeError(name, message) {
  const error = new Error(message);
  error.stack = error.stack.replace(/^Error/, name);
  return Object.defineProperty(error, "name", { value: name });
}

async function loadHandler() {
  const base = path.basename(env._HANDLER);
  const [, name, exported] = base.match(/^([^.]*)\.(.*)$/) ?? [];
  if (!exported) throw runtimeError("Runtime.MalformedHandlerName", "Bad handler");
  const folder = path.resolve(env.LAMBDA_TASK_ROOT, env._HANDLER.slice(0, -base.length));
  const module = await loadModule(folder, name);
  const handler = [module, module.default].map((each) => exported.split(".").reduce((found, part) => found?.[part], each));
  const found = handler.find((each) => each !== undefined);
  if (found === undefined) {
    throw runtimeError("Runtime.HandlerNotFound", `${env._HANDLER} is undefined or not exported`);
  }
  if (typeof found !== "function") throw runtimeError("Runtime.HandlerNotFound", `${env._HANDLER} is not a function`);
  return found;
}

async function loadModule(folder, name) {
  const file = [".js", ".mjs", ".cjs"].map((suffix) => path.join(folder, name + suffix)).find(fs.existsSync);
  try {
    if (file?.endsWith(".mjs")) return await import(pathToFileURL(file));
    return require(file ?? require.resolve(name, { paths: [env.LAMBDA_TASK_ROOT, folder] }));
  } catch (error) {
    if (error.code === "ERR_REQUIRE_ESM" || error.code === "ERR_REQUIRE_ASYNC_MODULE") return import(pathToFileURL(file));
    if (error instanceof SyntaxError) throw runtimeError("Runtime.UserCodeSyntaxError", String(error));
    if (error.code === "MODULE_NOT_FOUND") throw runtimeError("Runtime.ImportModuleError", String(error));
    throw error;
  }
}

function contextOf(headers) {
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** The answer of a handler: by its promise, or by the callback once nothing is left to do. */
async function answerOf(handler, event, context) {
  let settle;
  let answer = null;
  const settled = new Promise((resolve, reject) => (settle = { resolve, reject }));
  onIdle = () => settle.resolve(answer);
  const returned = handler(event, context, (error, result) => {
    if (error !== undefined && error !== null) return settle.reject(error);
    answer = result;
    if (!context.callbackWaitsForEmptyEventLoop) settle.resolve(answer);
  });
  if (typeof returned?.then === "function") returned.then(settle.resolve, settle.reject);
  return settled;
}

async function serve(handler) {
  for (;;) {
    const { body, headers } = await call("GET", "invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    const respond = (kind, value) => call("POST", `invocation/${requestId}/${kind}`, value);
    try {
      const answer = await answerOf(handler, JSON.parse(body), contextOf(headers));
      await respond("response", serialized(answer));
    } catch (error) {
      logError("Invoke Error", error);
      await respond("error", JSON.stringify(payloadOf(error)));
    }
  }
}

function serialized(answer) {
  try {
    return JSON.stringify(answer) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

/** End the process with an error that no handler can answer; init/error tells the Runtime API that it is lost. */
async function fail(title, error, status) {
  logError(title, error);
  await call("POST", "init/error", JSON.stringify(payloadOf(error)));
  process.exit(status);
}

patchConsole();
process.on("beforeExit", () => onIdle());
process.on("uncaughtException", (error) => fail("Uncaught Exception", error, 129));
process.on("unhandledRejection", (reason) => {
  const error = runtimeError("Runtime.UnhandledPromiseRejection", String(reason));
  fail("Unhandled Promise Rejection", Object.assign(error, { reason: payloadOf(reason) }), 128);
});
loadHandler().then(serve, (error) => fail("Uncaught Exception", error, 1));
