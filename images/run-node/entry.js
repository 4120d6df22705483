'use strict';
// Prints how the app in the working directory starts: the file to run; `npm-start`; or `npm` where npm
// itself must stay.
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

/** Whether npm has something to do after the app ended, or runs it in a shell of its own. */
function staysWith(scripts) {
  const settings = ['.npmrc', path.join(process.env.HOME ?? '/', '.npmrc')];
  return typeof scripts.poststart === 'string' ||
    Object.keys(process.env).some((name) => /^npm_config_script[-_]shell$/i.test(name)) ||
    settings.some((file) =>
      fs.existsSync(file) && /^\s*script-shell\b/m.test(fs.readFileSync(file, 'utf8')));
}

function entry() {
  if (fs.existsSync('package.json')) {
    const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8').replace(/^\uFEFF/, ''));
    if (typeof manifest?.scripts?.start === 'string') {
      return staysWith(manifest.scripts) ? 'npm' : 'npm-start';
    }
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
