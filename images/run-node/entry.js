'use strict';
// Prints how the app in the working directory starts: `npm`, or the file to run.
const fs = require('node:fs');
const path = require('node:path');

/** The file that Node would run for a name, with its rules for extensions and folders. */
function resolved(name) {
  try {
    return require.resolve(path.resolve(name));
  } catch {
    return undefined;
  }
}

function entry() {
  if (fs.existsSync('package.json')) {
    const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8').replace(/^\uFEFF/, ''));
    if (typeof manifest?.scripts?.start === 'string') return 'npm';
    const main = manifest?.main;
    const file = typeof main === 'string' && main !== '' ? resolved(main) : undefined;
    if (file) return file;
  }
  return ['index.js', 'app.js', 'server.js', 'main.js'].filter(fs.existsSync).map(resolved)[0];
}

try {
  const found = entry();
  if (!found) {
    throw new Error(
      'no scripts.start, no main, and no index.js, app.js, server.js or main.js to run');
  }
  console.log(found);
} catch (error) {
  console.error(`start: ${process.cwd()}: ${error.message}`);
  process.exitCode = 1;
}
