// Written by hand.
module.exports = { low: 0.4, high: 3.9 };
