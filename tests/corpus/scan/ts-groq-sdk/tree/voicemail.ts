import fs from 'node:fs';
import Groq from 'groq-sdk';

const groq = new Groq();

export async function subject(path: string): Promise<string> {
  const heard = await groq.audio.transcriptions.create({
    file: fs.createReadStream(path),
    model: 'whisper-large-v3-turbo',
  });
  const reply = await groq.chat.completions.create({
    model: 'llama-3.1-8b-instant',
    messages: [{ role: 'user', content: `A subject line for: ${heard.text}` }],
  });
  return reply.choices[0]?.message?.content ?? '(no subject)';
}
