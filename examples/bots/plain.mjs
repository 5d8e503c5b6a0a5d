// A bot's two halves in plain JavaScript (Node 18 or newer, no packages): it asks Atende, and takes
// the outcomes that Atende posts.
//
//     node plain.mjs
//
// `POST /message` takes a patient's message from your side, as {"id": …, "contact": …, "text": …}
// with the header `Authorization: Bearer BOT_TOKEN`; `POST /atende` is the callback. `send` is what
// you write anew: here it posts the text to SEND_URL, where your channel takes it.
//
// A message that gets 400 or 422 is never asked: call a person. What gets 503, send again. What was
// sent is kept in a file, since a callback may come twice.
import { createHmac, timingSafeEqual } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

// A setting that there must be: with an empty secret anybody could sign.
function setting(name) {
  const value = (process.env[name] ?? "").trim();
  if (value.replace(/^whsec_/, "")) return value;
  console.error(`Set ${name} in the environment: docs/connect-bots.md says to what.`);
  return process.exit(1);
}

const [ATENDE_URL, ATENDE_API_KEY, CALLBACK_SECRET, BOT_URL, BOT_TOKEN, SEND_URL] = [
  "ATENDE_URL",
  "ATENDE_API_KEY",
  "CALLBACK_SECRET",
  "BOT_URL",
  "BOT_TOKEN",
  "SEND_URL",
].map(setting);
const FILE = process.env.BOT_FILE ?? "bot-sent.txt";
const SIGNATURE_SECONDS = 300; // an older post is one that somebody sends again
const MOST_BYTES = 1024 * 1024;
const NEVER = [400, 413, 422]; // what Atende says of a question that it will never take
const KEY = Buffer.from(CALLBACK_SECRET.replace(/^whsec_/, ""), "base64");

const sent = new Set(existsSync(FILE) ? readFileSync(FILE, "utf8").split("\n") : []);
const sending = new Map(); // webhook-id -> the sending that is under way

function equal(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

// Standard Webhooks: over the bytes as they came, never over JSON that was written again.
function isFromAtende(headers, body) {
  const id = headers["webhook-id"];
  const sentAt = headers["webhook-timestamp"];
  if (!id || !/^\d+$/.test(sentAt ?? "")) return false;
  if (Math.abs(Date.now() / 1000 - Number(sentAt)) > SIGNATURE_SECONDS) return false;
  const mac = createHmac("sha256", KEY).update(`${id}.${sentAt}.`).update(body).digest("base64");
  const given = (headers["webhook-signature"] ?? "").split(" ");
  return given.some((each) => equal(each, `v1,${mac}`));
}

async function post(url, body, headers = {}) {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!reply.ok) throw Object.assign(new Error(`HTTP ${reply.status}`), { status: reply.status });
}

// Whether it says who wrote what. Without an id of its own it would be taken for another.
function isMessage(message) {
  const { id, contact, text } = message ?? {};
  if (![id, contact, text].every((each) => typeof each === "string" && each.trim())) return false;
  return /^[\x21-\x7e]{1,255}$/.test(id); // what an Idempotency-Key may be
}

// The message's id makes sure that it is asked once, however often it comes.
function ask(message) {
  return post(
    `${ATENDE_URL}/v1/questions`,
    {
      question: message.text,
      callback_url: `${BOT_URL}/atende`,
      metadata: { contact: message.contact },
    },
    { Authorization: `Bearer ${ATENDE_API_KEY}`, "Idempotency-Key": message.id },
  );
}

// Write to the patient, and call a person where one is needed: put your channel here.
function send(contact, text, needsPerson) {
  return post(SEND_URL, { contact, text, needs_person: needsPerson });
}

// Each outcome is sent once, also where its callback comes twice at the same time.
async function bring(id, outcome) {
  if (sent.has(id)) return;
  if (!sending.has(id)) {
    const { contact } = outcome.metadata;
    const done = send(contact, outcome.text, outcome.status !== "answered").then(() => {
      appendFileSync(FILE, `${id}\n`);
      sent.add(id);
    });
    sending.set(id, done.finally(() => sending.delete(id)));
  }
  await sending.get(id);
}

async function read(request) {
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > MOST_BYTES) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function answer(request) {
  const body = await read(request);
  if (body === null) return 413;
  if (request.method !== "POST") return 404;
  if (request.url === "/message") {
    if (!equal(request.headers.authorization ?? "", `Bearer ${BOT_TOKEN}`)) return 401;
    const message = JSON.parse(body);
    if (!isMessage(message)) return 400;
    try {
      await ask(message);
    } catch (error) {
      if (NEVER.includes(error.status)) return 422;
      throw error;
    }
    return 202;
  }
  if (request.url === "/atende") {
    if (!isFromAtende(request.headers, body)) return 401; // forged, or too old
    await bring(request.headers["webhook-id"], JSON.parse(body).data);
    return 200;
  }
  return 404;
}

createServer(async (request, reply) => {
  try {
    reply.statusCode = await answer(request);
  } catch (error) {
    // The next one in line is away: it is sent again.
    reply.statusCode = error instanceof SyntaxError ? 400 : 503;
  }
  reply.end();
}).listen(Number(process.env.PORT ?? 9000));
