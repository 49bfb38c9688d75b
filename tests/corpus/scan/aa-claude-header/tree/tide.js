// 🤖 Generated with [Claude Code](https://claude.com/claude-code)
'use strict';

/** Height of the water between two turns, by the rule of twelfths. */
function height(low, high, hours) {
  const twelfths = [0, 1, 3, 6, 9, 11, 12];
  return low + ((high - low) * twelfths[Math.min(6, Math.max(0, Math.round(hours)))]) / 12;
}

module.exports = { height };
