import type { Tool } from '@anthropic-ai/sdk/resources/messages';

export const tools: Tool[] = [
  {
    name: 'stock',
    description: 'How many of a part are in stock',
    input_schema: { type: 'object', properties: { part: { type: 'string' } }, required: ['part'] },
  },
];
