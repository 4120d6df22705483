'use strict';
// Makes dist/about.json, which /about serves: what a build script is for, as small as can be.
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const { name, version, dependencies } = require('../package.json');
fs.mkdirSync(path.join(root, 'dist'), { recursive: true });
fs.writeFileSync(
  path.join(root, 'dist/about.json'),
  `${JSON.stringify({ name, version, dependencies, builtWith: process.version })}\n`);
