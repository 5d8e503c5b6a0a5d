// What a user of OpenAI's client for JavaScript sees; one line of JSON at the end.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: `${process.env.ATENDE_URL}/v1`,
  apiKey: process.env.ATENDE_API_KEY,
  maxRetries: 0,
});
const messages = [{ role: "user", content: "Qual o preparo da colonoscopia?" }];

const completion = await client.chat.completions.create({ model: "atende", messages });
const stream = await client.chat.completions.create({
  model: "atende",
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
const deltas = [];
let streamed = null;
let usage = null;
for await (const chunk of stream) {
  deltas.push(chunk.choices[0]?.delta.content ?? null);
  streamed = chunk.atende ?? streamed;
  usage = chunk.usage ?? usage;
}
const helper = client.chat.completions.stream({ model: "atende", messages });
const whole = await helper.finalChatCompletion();
const models = (await client.models.list()).data.map((model) => model.id);

async function refusal(body, by = client) {
  try {
    await by.chat.completions.create({ model: "atende", messages, ...body });
  } catch (error) {
    return [error.constructor.name, error.status, error.code, error.param];
  }
  return null;
}
const impatient = client.withOptions({ baseURL: `${process.env.IMPATIENT_URL}/v1` });
const slow = [{ role: "user", content: "preparo da colonoscopia, devagar" }];
const refusals = [
  await refusal({ n: 2 }),
  await refusal({ model: "gpt-4o" }),
  await refusal({ messages: slow }, impatient),
];
console.log(JSON.stringify({ completion, deltas, streamed, usage, whole, models, refusals }));
