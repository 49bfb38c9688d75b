const VERSION = 'v1';

async function sort(text, env) {
  const reply = await fetch(`https://api.mistral.ai/${VERSION}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env.KEY}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      model: 'mistral-small-latest',
      messages: [{ role: 'user', content: `Invoice, order or other? ${text.slice(0, 2000)}` }],
      max_tokens: 3,
    }),
  });
  if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
  return (await reply.json()).choices[0].message.content;
}

export default {
  async email(message, env) {
    const raw = await new Response(message.raw).text();
    await message.forward(`${await sort(raw, env)}@desk.example`);
  },
};
