'use strict';

/** A line that greets whoever asks. */
module.exports = (greeting, name) => `${greeting}, ${name}\n`;
