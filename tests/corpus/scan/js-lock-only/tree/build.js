const { build } = require('doc-helper');

build({ from: 'docs', to: 'public', theme: 'plain' }).then((pages) => {
  console.log(`${pages.length} pages`);
});
