#!/usr/bin/env node
'use strict';
const fs = require('node:fs');
const { program } = require('commander');

async function explain(text) {
  const { GoogleGenerativeAI } = await import('@google/generative-ai');
  const genAI = new GoogleGenerativeAI(process.env.API_KEY);
  const model = genAI.getGenerativeModel({ model: 'gemini-1.5-flash' });
  const result = await model.generateContent(`Explain these warnings:\n${text}`);
  return result.response.text();
}

program
  .argument('<report>')
  .option('--explain', 'say what each warning means')
  .action(async (report, options) => {
    const text = fs.readFileSync(report, 'utf8');
    console.log(options.explain ? await explain(text) : text);
  });

program.parse();
