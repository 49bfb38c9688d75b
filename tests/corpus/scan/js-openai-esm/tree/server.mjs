import express from 'express';
import Client, { toFile } from 'openai';

const app = express();
const ai = new Client();
const MODEL = 'gpt-4o-mini';

app.use(express.raw({ type: 'image/*', limit: '4mb' }));

app.post('/alt', async (req, res) => {
  const url = `data:${req.get('content-type')};base64,${req.body.toString('base64')}`;
  const reply = await ai.chat.completions.create({
    model: MODEL,
    messages: [{
      role: 'user',
      content: [
        { type: 'text', text: 'Describe this picture in one sentence.' },
        { type: 'image_url', image_url: { url } },
      ],
    }],
  });
  res.json({ alt: reply.choices[0].message.content });
});

app.listen(process.env.PORT ?? 3000);
