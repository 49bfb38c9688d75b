export const people = [
  { id: 1, name: 'Claude Sonnet', sign: 'gemini', model: 'thief' },
  { id: 2, name: 'Bard the Elder', sign: 'leo', model: 'bard' },
  { id: 3, name: 'Sora Llama', sign: 'virgo', model: 'llama' },
] as const;
