'use strict';
// Keeps what the build's container looked like, for the app to tell.
const fs = require('node:fs');

fs.writeFileSync('build-facts.json', JSON.stringify(require('./facts.js')()));
