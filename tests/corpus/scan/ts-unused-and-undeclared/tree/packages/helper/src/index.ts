import { Mistral } from '@mistralai/mistralai';

const mistral = new Mistral({ apiKey: process.env.KEY! });

export async function complete(prefix: string): Promise<string> {
  const reply = await mistral.fim.complete({ model: 'codestral-latest', prompt: prefix, maxTokens: 64 });
  return String(reply.choices?.[0]?.message?.content ?? '');
}
