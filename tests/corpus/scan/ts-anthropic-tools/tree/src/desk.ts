import Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { tools } from './tools.js';

const client = new Anthropic({ maxRetries: 1 });
const Part = z.object({ part: z.string() });

export async function ask(question: string, stock: Map<string, number>): Promise<string> {
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
  for (let turn = 0; turn < 5; turn++) {
    const reply = await client.messages.create({
      model: 'claude-3-7-sonnet-latest',
      max_tokens: 600,
      tools,
      messages,
    });
    const use = reply.content.find((b) => b.type === 'tool_use');
    if (!use) return reply.content.map((b) => (b.type === 'text' ? b.text : '')).join('');
    const { part } = Part.parse(use.input);
    messages.push({ role: 'assistant', content: reply.content });
    messages.push({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: use.id, content: String(stock.get(part) ?? 0) }],
    });
  }
  return 'no answer';
}
