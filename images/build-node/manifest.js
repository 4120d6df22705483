'use strict';
// What a source says of itself: where its package lies, which Node it asks for, whether its
// dependencies need the network.
const fs = require('node:fs');
const path = require('node:path');

const nodes = '/opt/node';
const npm = '/opt/npm';
const semver = require(path.join(npm, 'lib/node_modules/npm/node_modules/semver'));

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

/** The carried release that a link of `index-releases` names: `default` or `lts/iron`. */
function linked(name) {
  return path.basename(fs.readlinkSync(path.join(nodes, name)));
}

/** What the image carries, as an error lists it: `18.18.2 (lts/hydrogen)`. */
function carriedList(carried) {
  const names = new Map(fs.readdirSync(path.join(nodes, 'lts')).map((name) =>
    [linked(`lts/${name}`), ` (lts/${name})`]));
  return carried.map((version) => version + (names.get(version) ?? '')).join(', ');
}

/** The version that `engines.node` asks for: the highest that this image carries in its range. */
function nodeVersion(manifest) {
  const range = manifest.engines?.node;
  if (range === undefined || range === '') {
    return { version: linked('default'), because: 'no engines.node' };
  }
  const carried = carriedVersions();
  const complain = (problem) => {
    throw new BuildError(
      `package.json: engines.node: ${problem}; there is ${carriedList(carried)}`);
  };
  const because = `engines.node is ${range}`;
  const lts = typeof range === 'string' && range.trim().match(/^lts\/([a-z]+|\*)$/i)?.[1];
  if (lts) {
    const name = lts === '*' ? 'default' : `lts/${lts.toLowerCase()}`;
    if (!fs.existsSync(path.join(nodes, name))) complain(`no Node is '${range}'`);
    return { version: linked(name), because };
  }
  if (typeof range !== 'string' || semver.validRange(range) === null) {
    complain(`${JSON.stringify(range)} is not a range of versions (for example ">=20 <23")`);
  }
  const version = semver.maxSatisfying(carried, range) ?? complain(`no Node matches '${range}'`);
  return { version, because };
}

function asksForDevelopment(manifest) {
  return Object.keys(manifest.devDependencies ?? {}).length > 0;
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

module.exports = {
  BuildError, asksForDevelopment, needsNetwork, nodeVersion, nodes, npm, packageFolder, readObject,
};
