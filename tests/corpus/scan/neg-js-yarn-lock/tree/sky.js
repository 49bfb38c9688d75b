const gemini = require('gemini-scrollbar');
const colors = require('open-color');
const { BehaviourTree, State } = require('mistreevous');

const tree = new BehaviourTree('root { action [Claude] }', { Claude: () => State.SUCCEEDED });
module.exports = { tree, colors, bar: new gemini({ element: null }) };
