import OpenAI from 'npm:openai@4.71.1';
import { parseArgs } from '@std/cli/parse-args';
import ollama from 'ollama';

const { local, _: words } = parseArgs(Deno.args, { boolean: ['local'] });
const messages = [{ role: 'user' as const, content: words.join(' ') }];

if (local) {
  const reply = await ollama.chat({ model: 'gemma2', messages });
  console.log(reply.message.content);
} else {
  const client = new OpenAI();
  const reply = await client.chat.completions.create({ model: 'gpt-4o-mini', messages });
  console.log(reply.choices[0].message.content);
}
