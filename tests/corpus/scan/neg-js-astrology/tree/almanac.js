const signs = { aries: 3, taurus: 4, gemini: 5, cancer: 6 };
const dalle = 'a paving slab, in French';
const mistral = { from: 'north-west', months: [12, 1, 2, 3] };

function sign(month) {
  return Object.keys(signs).find((s) => signs[s] === month) ?? 'none';
}

const o1 = sign(5), o3 = sign(6);
const model = { name: 'gemini', pro: o1 === 'gemini' };
module.exports = { sign, mistral, dalle, model, o3, cohere: (a, b) => a.concat(b) };
