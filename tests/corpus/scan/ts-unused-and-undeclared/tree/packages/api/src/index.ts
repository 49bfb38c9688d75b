import { Hono } from 'hono';
// the helper does the talking
import { complete } from '@mono/helper';

const app = new Hono();
app.post('/complete', async (c) => c.json({ text: await complete(await c.req.text()) }));
export default app;
