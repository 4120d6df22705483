'use strict';
// What a source says of itself: where its package lies, which Node it asks for, whether its
// dependencies need the network.
const fs = require('node:fs');
const path = require('node:path');

const nodes = '/opt/node';
const npm = path.join(nodes, 'default/lib/node_modules/npm');
const semver = require(path.join(npm, 'node_modules/semver'));

class BuildError extends Error {}

/** The shallowest folder below `root` with a package.json, relative; undefined if there is none. */
function packageFolder(root) {
  let level = ['.'];
  while (level.length > 0) {
    const next = [];
    for (const folder of level) {
      // Links are not followed: they may lead out of the tree, or around in it.
      const entries = fs.readdirSync(path.join(root, folder), { withFileTypes: true });
      if (entries.some((entry) => entry.name === 'package.json' && entry.isFile())) return folder;
      for (const entry of entries) {
        if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git') {
          next.push(path.join(folder, entry.name));
        }
      }
    }
    level = next.sort();
  }
  return undefined;
}

/** A JSON object from a file, or an error that names the file. */
function readObject(file) {
  let value;
  try {
    value = JSON.parse(fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new BuildError(`${path.basename(file)}: ${error.message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BuildError(`${path.basename(file)}: not a JSON object`);
  }
  return value;
}

function carriedVersions() {
  return semver.sort(fs.readdirSync(nodes).filter((name) => semver.valid(name)));
}

/** The version that `engines.node` asks for: the highest that this image carries in its range. */
function nodeVersion(manifest) {
  const range = manifest.engines?.node;
  const carried = carriedVersions();
  const newestLTS = fs.readlinkSync(path.join(nodes, 'default'));
  if (range === undefined || range === '' || range === 'lts/*') {
    return { version: newestLTS, because: range ? 'engines.node is lts/*' : 'no engines.node' };
  }
  if (typeof range !== 'string' || semver.validRange(range) === null) {
    throw new BuildError(
      `package.json: engines.node: ${JSON.stringify(range)} is not a range of versions ` +
        '(for example ">=20 <23")');
  }
  const version = semver.maxSatisfying(carried, range);
  if (version === null) {
    throw new BuildError(
      `package.json: engines.node: no Node matches '${range}'; there is ${carried.join(', ')}`);
  }
  return { version, because: `engines.node is ${range}` };
}

function asksFor(manifest, development) {
  const groups = [manifest.dependencies, manifest.optionalDependencies];
  if (development) groups.push(manifest.devDependencies);
  return groups.some((group) => Object.keys(group ?? {}).length > 0);
}

/** Whether an install must fetch: only a lock file can say that nothing below needs it either. */
function needsNetwork(manifest, lock, development) {
  if (lock?.packages === undefined) return asksFor(manifest, development);
  return Object.entries(lock.packages).some(([place, entry]) => {
    if (!place.includes('node_modules/') || entry.link || entry.inBundle) return false;
    if (entry.dev && !development) return false;
    return !String(entry.resolved ?? '').startsWith('file:');
  });
}

module.exports = { BuildError, needsNetwork, nodeVersion, nodes, packageFolder, readObject };
