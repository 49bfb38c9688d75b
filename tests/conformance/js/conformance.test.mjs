// The conformance suite through the official JavaScript client.
// GATE (base URL with /v1), KEY and UPSTREAM (the scripted server, for its request log) come from the environment;
// run_js.py sets them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const suite = JSON.parse(readFileSync(new URL('../cases.json', import.meta.url), 'utf8'));
const { GATE, KEY, UPSTREAM } = process.env;
const DIRECT = process.env.OSTIARY_DIRECT === '1';
const PROMPT = 1.0; // seconds within which a service must see that its client left

const House = z.object({ name: z.string(), year: z.number().int(), tags: z.array(z.string()) });

async function seen() {
  const log = await (await fetch(`${UPSTREAM}/__log`)).json();
  return log.map((r) => ({ ...r, body: Buffer.from(r.body_base64, 'base64') }));
}

function expand(value, names) {
  if (typeof value === 'string') {
    for (const [name, saved] of Object.entries(names)) value = value.replaceAll('${' + name + '}', saved);
    return value === '$text' ? suite.text : value;
  }
  if (Array.isArray(value)) return value.map((v) => expand(v, names));
  if (value && typeof value === 'object') {
    if ('repeat' in value && 'times' in value) return value.repeat.repeat(value.times);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, expand(v, names)]));
  }
  return value;
}

function dig(value, path) {
  for (const part of path.split('.')) value = value[part];
  return value;
}

function check(result, expected, names) {
  for (const [path, wanted] of Object.entries(expected)) {
    const got = dig(result, path);
    const want = expand(wanted, names);
    if (want && typeof want === 'object' && 'length' in want && !Array.isArray(want)) assert.equal(got.length, want.length, path);
    else if (want && typeof want === 'object' && 'json' in want) assert.deepEqual(JSON.parse(got), want.json, path);
    else if (want && typeof want === 'object' && 'contains' in want) for (const w of want.contains) assert.ok(got.includes(w), path);
    else assert.deepEqual(got, want, path);
  }
}

async function foldChat(stream, into) {
  Object.assign(into, { text: '', finish_reason: null, usage: null, chunks: 0, tool_calls: [] });
  for await (const chunk of stream) {
    into.chunks += 1;
    if (chunk.usage) into.usage = chunk.usage;
    for (const choice of chunk.choices) {
      into.finish_reason = choice.finish_reason ?? into.finish_reason;
      if ('text' in choice) {
        into.text += choice.text;
        continue;
      }
      into.text += choice.delta.content ?? '';
      for (const call of choice.delta.tool_calls ?? []) {
        const entry = (into.tool_calls[call.index] ??= { id: null, name: null, arguments: '' });
        entry.id = call.id ?? entry.id;
        entry.name = call.function.name ?? entry.name;
        entry.arguments += call.function.arguments ?? '';
      }
    }
  }
}

async function foldResponses(stream, into) {
  Object.assign(into, { text: '', types: [], last_type: null, status: null, usage: null });
  for await (const event of stream) {
    into.types.push(event.type);
    into.last_type = event.type;
    if (event.type === 'response.output_text.delta') into.text += event.delta;
    if (event.type === 'response.completed') Object.assign(into, { status: event.response.status, usage: event.response.usage });
  }
}

const isStream = (step) => step.params.stream === true;

function begin(client, step, params, options) {
  switch (step.op) {
    case 'chat.completions.create': return client.chat.completions.create(params, options);
    case 'chat.completions.parse':
      return client.chat.completions.parse({ ...params, response_format: zodResponseFormat(House, 'house') }, options);
    case 'completions.create': return client.completions.create(params, options);
    case 'embeddings.create': return client.embeddings.create(params, options);
    case 'responses.create': return client.responses.create(params, options);
    case 'responses.retrieve': return client.responses.retrieve(params.id, {}, options);
    case 'responses.delete': return client.responses.delete(params.id, options);
    case 'models.list': return client.models.list(options);
    case 'models.retrieve': return client.models.retrieve(params.id, options);
    default: throw new Error(`the suite names an operation that is not written here: ${step.op}`);
  }
}

// Runs one step; a folded stream goes to `into`, so that what came before an error is seen.
async function call(client, step, names, into) {
  const params = { ...expand(step.params, names), ...(step.extra ?? {}) };
  const result = await begin(client, step, params);
  if (step.op === 'models.list') return { ids: result.data.map((m) => m.id) };
  if (step.op === 'responses.delete') return {};
  if (!isStream(step)) return result;
  await (step.op.startsWith('responses') ? foldResponses : foldChat)(result, into);
  return into;
}

async function checkError(error, want, last) {
  const classes = [want.class].flat();
  assert.ok(classes.some((c) => error instanceof OpenAI[c]), `${error?.constructor?.name}: ${error}`);
  if ('status' in want) assert.equal(error.status, want.status);
  if ('code' in want) assert.equal(error.code, want.code);
  if ('param' in want) assert.equal(error.param, want.param);
  if ('message' in want) assert.ok(String(error).includes(want.message), String(error));
  for (const [name, value] of Object.entries(want.headers ?? {})) assert.equal(error.headers.get(name), value);
  if (want.json_at_gate && !DIRECT) {
    assert.ok(last.type.startsWith('application/json'), last.type);
    for (const name of ['message', 'type', 'param', 'code']) assert.ok(name in JSON.parse(last.text).error, last.text);
  }
}

function makeClient(key, tap) {
  return new OpenAI({
    apiKey: key, baseURL: GATE, maxRetries: 0, timeout: 20_000,
    fetch: async (url, init = {}) => {
      let body = init.body ?? '';
      assert.equal(typeof body, 'string');
      if (tap.corrupt) body = body.slice(0, -1) + ',}';
      tap.sent.push(Buffer.from(body));
      const answer = await fetch(url, init.body === undefined ? init : { ...init, body });
      if (answer.status >= 400) tap.last = { type: answer.headers.get('content-type') ?? '', text: await answer.clone().text() };
      return answer;
    },
  });
}

async function cancelled(step) {
  const first = (await seen()).length;
  const tap = { sent: [], corrupt: false };
  const client = makeClient(KEY, tap);
  const controller = new AbortController();
  const started = begin(client, step, step.params, { signal: controller.signal });
  if (step.cancel === 'mid-stream') {
    let n = 0;
    const stream = await started;
    for await (const _ of stream) if (++n === 3) break;
    controller.abort();
  } else {
    started.catch(() => {});
    for (let i = 0; i < 500 && !(await seen())[first]?.complete; i++) await sleep(10);
    await sleep(100);
    controller.abort();
    await assert.rejects(started, OpenAI.APIUserAbortError);
  }
  const left = performance.now();
  let reached;
  do {
    await sleep(10);
    reached = (await seen()).slice(first);
  } while (!reached[0].peer_closed && performance.now() - left < 3000);
  assert.equal(reached.length, 1);
  assert.ok(reached[0].peer_closed, 'the service never saw that the client left');
  assert.ok(performance.now() - left < PROMPT * 1000);
}

async function run(c) {
  if (c.steps.some((s) => s.cancel)) {
    for (const step of c.steps) await cancelled(step);
    return;
  }
  const first = (await seen()).length;
  const tap = { sent: [], corrupt: false, last: null };
  const client = makeClient(c.key === 'wrong' ? 'ost_wrong' : KEY, tap);
  const names = {};
  for (const step of c.steps) {
    tap.corrupt = step.corrupt ?? false;
    const into = {};
    if (step.error) {
      let error;
      try {
        await call(client, step, names, into);
      } catch (e) {
        error = e;
      }
      assert.ok(error, 'an error was expected');
      await checkError(error, step.error, tap.last);
      check(into, step.partial ?? {}, names);
      continue;
    }
    const result = await call(client, step, names, into);
    check(result, step.expect ?? {}, names);
    for (const [name, path] of Object.entries(step.save ?? {})) names[name] = dig(result, path);
  }
  if (c.steps.every((s) => s.op.startsWith('models'))) return; // the gate may answer from what it knows
  const reached = (await seen()).slice(first);
  const expected = c.upstream ?? c.steps.length;
  if (expected === 'any') {
    assert.ok(reached.length > 0);
    for (const r of reached) assert.ok(tap.sent.some((s) => s.equals(r.body)));
  } else {
    assert.equal(reached.length, expected);
    if (expected) reached.forEach((r, i) => assert.ok(r.body.equals(tap.sent[i]), `body ${i} was changed on the way`));
  }
  reached.forEach((r, i) => {
    if (i < c.steps.length) assert.equal(r.method, c.steps[i].method ?? 'POST');
    if (!DIRECT) assert.ok(r.id, 'each request to a service carries the id of its exchange');
  });
}

// With Node 18 of Debian 12 the client's abort before a first byte was seen to hang; the Python client shows the same cases.
const OLD_NODE = Number(process.versions.node.split('.')[0]) < 20;
const why = (c) => {
  if (DIRECT && c.gate_only) return 'says something about the gate only';
  const early = c.steps.some((s) => s.cancel && s.cancel !== 'mid-stream');
  return OLD_NODE && early ? 'aborting before a first byte hangs in this client on Node below 20' : false;
};

for (const c of suite.cases) {
  test(c.id, { skip: why(c), timeout: 30_000 }, () => run(c));
}
