// The reader: takes the lock of a file and checks the file as a whole (csv-validation).

import { AwsError, dynamodb, getObject, item } from "./aws.mjs";

const VARIABLES = [
  "ENVIRONMENT", "REGION", "S3_BUCKET_NAME", "AUDIT_LOG_TABLE_NAME", "BATCH_JOBS_TABLE_NAME", "JOB_LOCKS_TABLE_NAME",
  "PROCESSING_METADATA_TABLE_NAME", "AURORA_ENDPOINT", "AURORA_DATABASE_NAME", "AURORA_SECRET_ARN", "CHUNK_SIZE",
  "MAX_PARALLEL_WORKERS", "ERROR_TOLERANCE_PERCENT",
];
const HEADER = "user_id,logins,posts";
const MAX_BYTES = 104_857_600;
const LOCK_SECONDS = 900; // as long as an execution may take
const GONE = ["NoSuchVersion", "NoSuchKey", "404", "MethodNotAllowed"];

const { env } = process;

/** An error whose class name reaches the state machine, the audit trail and the batch job. */
class NamedError extends Error {
  constructor(message) {
    super(message);
    this.name = this.constructor.name;
  }
}
class ConfigurationError extends NamedError {}
class ObjectGoneError extends NamedError {}
class ValidationError extends NamedError {}

const missing = VARIABLES.filter((name) => !env[name]);
if (missing.length) throw new ConfigurationError(`missing environment variables: ${missing.join(", ")}`);

export async function handler(event, context) {
  const job = jobOf(event, context);
  try {
    await audit(job, "start", {});
    const facts = await checkFile(job);
    await audit(job, "completion", facts);
    log(job, "INFO", "EVENT_PROCESSED_SUCCESSFULLY", facts);
    return facts;
  } catch (error) {
    log(job, "ERROR", `${error.name}: ${error.message}`);
    await audit(job, "error", { error: error.name, cause: error.message });
    throw error;
  }
}

function jobOf({ step, file, execution, started, attempt }, context) {
  const fileId = `${file.bucket}/${file.key}#${file.version}`;
  return { step, ...file, execution, started: new Date(started), attempt, fileId, requestId: context.awsRequestId };
}

/** Lock and check the file: its number of records, or the execution that has it already. */
async function checkFile(job) {
  const owner = await lock(job);
  if (owner !== job.execution) return { duplicate_of: owner };
  const { size, records } = await readFile(job);
  const described = { file_id: job.fileId, processing_stage: job.step, execution_id: job.execution, size, records };
  await dynamodb("PutItem", { TableName: env.PROCESSING_METADATA_TABLE_NAME, Item: item(described) });
  await startJob(job);
  return { records };
}

async function readFile(job) {
  const content = await getObject(job.bucket, job.key, job.version).catch((error) => {
    if (!GONE.includes(error.name)) throw error;
    throw new ObjectGoneError(`${job.fileId} no longer exists; upload the file again`);
  });
  const size = content.length;
  if (size > MAX_BYTES || !/^incoming\/.*\.csv$/s.test(job.key)) {
    throw new ValidationError(`${job.key} of ${size} bytes is no incoming/*.csv of at most ${MAX_BYTES}`);
  }
  return { size, records: countRecords(job, content) };
}

function countRecords(job, content) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(content); // drops a byte order mark
  } catch {
    throw new ValidationError(`${job.key} is no CSV in UTF-8`);
  }
  if (text.includes("\0")) throw new ValidationError("the file holds a NUL, which the database cannot keep");
  const [header, ...lines] = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (header.replaceAll('"', "") !== HEADER) {
    throw new ValidationError(`the header is ${JSON.stringify(header.slice(0, 100))}, not ${JSON.stringify(HEADER)}`);
  }
  return lines.filter((line) => !/^(?:"")?(?:,(?:"")?)*$/.test(line)).length; // a line of empty fields is no record
}

async function lock(job) {
  const expires = Math.floor(job.started.getTime() / 1000) + LOCK_SECONDS;
  const entry = { lock_key: job.fileId, owner: job.execution, state: "held", expires_at: expires };
  try {
    await dynamodb("PutItem", {
      TableName: env.JOB_LOCKS_TABLE_NAME,
      Item: item(entry),
      ConditionExpression: "attribute_not_exists(lock_key) OR #owner = :me OR expires_at <= :now",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: item({ ":me": job.execution, ":now": Math.floor(Date.now() / 1000) }),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    return job.execution;
  } catch (error) {
    if (error instanceof AwsError && error.name === "ConditionalCheckFailedException") return error.item.owner.S;
    throw error;
  }
}

async function startJob(job) {
  const facts = { execution_id: job.execution, file_id: job.fileId, status: "RUNNING" };
  const names = Object.keys(facts);
  await dynamodb("UpdateItem", {
    TableName: env.BATCH_JOBS_TABLE_NAME,
    Key: item({ job_id: job.execution.split(":").pop(), created_at: isoOfPython(job.started) }),
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: item(Object.fromEntries(names.map((name) => [`:${name}`, facts[name]]))),
  });
}

/** The form in which the writer, in Python, has the same moment: the job's key has to be the same in both. */
function isoOfPython(moment) {
  return moment.toISOString().replace(/\.(\d{3})Z$/, (_, ms) => `${ms === "000" ? "" : `.${ms}000`}+00:00`);
}

/** Write an entry of this invocation; none is ever overwritten. */
async function audit(job, phase, facts) {
  const now = new Date().toISOString().replace("Z", "000Z");
  const timestamp = `${now}#${job.step}#-#${job.attempt}`;
  const named = { execution_id: job.execution, timestamp, step: job.step, phase, request_id: job.requestId };
  await dynamodb("PutItem", {
    TableName: env.AUDIT_LOG_TABLE_NAME,
    Item: item({ ...named, ...facts }),
    ConditionExpression: "attribute_not_exists(execution_id)",
  });
}

/** A line in JSON as the writer's; console.log would put time, request id and level before it. */
function log(job, level, message, facts = {}) {
  const line = { level, message, execution_id: job.execution, event_type: job.step, ...facts };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
