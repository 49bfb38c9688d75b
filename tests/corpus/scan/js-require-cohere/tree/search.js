const MiniSearch = require('minisearch');
const { CohereClient } = require('cohere-ai');

const cohere = new CohereClient();
const index = new MiniSearch({ fields: ['title', 'text'], storeFields: ['title', 'text'] });

exports.add = (pages) => index.addAll(pages);

exports.search = async (query) => {
  const found = index.search(query).slice(0, 30);
  const ranked = await cohere.rerank({
    model: 'rerank-english-v3.0',
    query,
    documents: found.map((f) => f.text),
    topN: 5,
  });
  return ranked.results.map((r) => found[r.index].title);
};
