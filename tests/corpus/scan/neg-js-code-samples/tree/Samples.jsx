import React from 'react';
import Prism from 'prismjs';

/* An older sample:
import Anthropic from '@anthropic-ai/sdk';
*/
const sample = `
import OpenAI from 'openai';
const client = new OpenAI();
await client.chat.completions.create({ model: 'gpt-4o' });
`;

const isImport = /^import\s+OpenAI\s+from/;

export default function Samples() {
  const html = Prism.highlight(sample, Prism.languages.javascript, 'javascript');
  return (
    <section>
      <p>Do not paste this: require('openai')</p>
      <pre data-ok={isImport.test(sample)} dangerouslySetInnerHTML={{ __html: html }} />
    </section>
  );
}
