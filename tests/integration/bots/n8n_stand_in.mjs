// What n8n does with the example workflows, for tests: webhooks, HTTP requests, conditions, code and
// responses. The examples were run in n8n itself; this keeps them as they were then.
//
//     PORT=… WORKFLOWS='["n8n.json"]' ADDRESSES='{"http://localhost:8080": "http://…"}' \
//       CREDENTIALS='{"atende": "Bearer …"}' node n8n_stand_in.mjs
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { PORT, WORKFLOWS, ADDRESSES, CREDENTIALS } = process.env;
const credentials = JSON.parse(CREDENTIALS);
const staticData = {};
const require = createRequire(import.meta.url);

const workflows = JSON.parse(WORKFLOWS).map((file) => {
  let text = readFileSync(file, "utf8");
  for (const [theirs, ours] of Object.entries(JSON.parse(ADDRESSES))) {
    text = text.replaceAll(theirs, ours);
  }
  return JSON.parse(text);
});

function evaluate(value, scope) {
  const [, code] = /^=\{\{(.*)\}\}$/s.exec(value) ?? [];
  if (code === undefined) return value;
  return new Function(...Object.keys(scope), `return (${code});`)(...Object.values(scope));
}

function authorization(node) {
  const held = node.credentials?.httpHeaderAuth;
  return held && credentials[held.id];
}

const kinds = {
  async httpRequest({ parameters, ...node }, run) {
    const headers = { "Content-Type": "application/json" };
    for (const { name, value } of parameters.headerParameters?.parameters ?? []) {
      headers[name] = evaluate(value, run.scope());
    }
    const key = authorization(node);
    if (key) headers.Authorization = key;
    const body = evaluate(parameters.jsonBody, run.scope());
    const attempts = node.retryOnFail ? node.maxTries : 1;
    for (let attempt = 1; ; attempt += 1) {
      const reply = await fetch(parameters.url, { method: parameters.method, headers, body });
      if (reply.ok) return [0, await reply.json()];
      if (attempt === attempts) throw new Error(`HTTP ${reply.status}`);
    }
  },
  async if({ parameters }, run) {
    const [condition] = parameters.conditions.conditions;
    const left = evaluate(condition.leftValue, run.scope());
    const holds = condition.operator.type === "boolean" ? left : left === condition.rightValue;
    return [holds ? 0 : 1, run.item.json];
  },
  async code({ parameters }, run) {
    const scope = { ...run.scope(), require, $getWorkflowStaticData: () => staticData };
    const body = `return (async () => { ${parameters.jsCode} })();`;
    const made = await new Function(...Object.keys(scope), body)(...Object.values(scope));
    return [0, made[0].json];
  },
  async noOp(_, run) {
    return [0, run.item.json];
  },
  async respondToWebhook({ parameters }, run) {
    const text = parameters.responseBody && evaluate(parameters.responseBody, run.scope());
    run.respond(parameters.options.responseCode, text);
    return [0, run.item.json];
  },
};

class Run {
  constructor(workflow, item, respond) {
    Object.assign(this, { workflow, item, respond, past: {} });
  }

  scope() {
    return {
      $json: this.item.json,
      $env: process.env,
      $input: { first: () => this.item },
      $: (name) => ({ first: () => this.past[name] }),
    };
  }

  async follow(name, port) {
    for (const { node: next } of this.workflow.connections[name]?.main[port] ?? []) {
      const node = this.workflow.nodes.find((each) => each.name === next);
      const [chosen, json] = await kinds[node.type.replace("n8n-nodes-base.", "")](node, this);
      this.item = this.past[next] = { json };
      await this.follow(next, chosen);
    }
  }
}

async function serve(request, reply) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const raw = Buffer.concat(pieces);
  for (const workflow of workflows) {
    const hook = workflow.nodes.find(
      (node) =>
        node.type.endsWith(".webhook") && `/webhook/${node.parameters.path}` === request.url,
    );
    if (!hook) continue;
    const key = authorization(hook);
    if (key && request.headers.authorization !== key) return reply.writeHead(403).end();
    const json = { headers: request.headers, body: JSON.parse(raw) };
    const binary = hook.parameters.options.rawBody && { data: { data: raw.toString("base64") } };
    const respond = (status, text) => reply.writeHead(status).end(text);
    if (hook.parameters.responseMode === "onReceived") respond(200, "{}");
    const run = new Run(workflow, { json, binary }, respond);
    return run.follow(hook.name, 0);
  }
  return reply.writeHead(404).end();
}

createServer((request, reply) => {
  serve(request, reply).catch(() => {
    if (!reply.headersSent) reply.writeHead(500).end();
  });
}).listen(Number(PORT));
