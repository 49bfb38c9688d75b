import { pipeline, cos_sim } from '@huggingface/transformers';

let extractor;

export async function near(query, notes) {
  extractor ??= await pipeline('feature-extraction', 'Xenova/all-MiniLM-L6-v2');
  const vector = async (t) => (await extractor(t, { pooling: 'mean', normalize: true })).tolist()[0];
  const wanted = await vector(query);
  const scored = [];
  for (const note of notes) scored.push([cos_sim(wanted, await vector(note.text)), note]);
  return scored.sort((a, b) => b[0] - a[0]).slice(0, 5);
}
