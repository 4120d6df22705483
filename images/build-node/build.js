'use strict';
// build.js OUTPUT: installs a Node app's dependencies in place, and records for the run image
// which Node it is for (.modplan/runtime) and where its package lies (.modplan/package).
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {
  BuildError, asksForDevelopment, needsNetwork, nodeVersion, nodes, npm, packageFolder, readObject,
} = require('./manifest.js');

const attempts = 3;
const pauseSeconds = 3;

/** Runs npm in the package's folder; gives its exit status, 1 for a signal. */
function runNpm(context, ...args) {
  console.log(`build: npm ${args.join(' ')}`);
  const environment = {
    ...process.env,
    PATH: [path.join(nodes, context.version, 'bin'), path.join(npm, 'bin'), process.env.PATH].join(':'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_logs_max: '0',
    // npm's own patience is minutes where no network answers; its installs are tried again here.
    npm_config_fetch_retry_mintimeout: '1000',
    npm_config_fetch_retry_maxtimeout: '5000',
  };
  const result = spawnSync('npm', args, { cwd: context.folder, env: environment, stdio: 'inherit' });
  if (result.error) throw new BuildError(`npm did not start: ${result.error.message}`);
  return result.status ?? 1;
}

function mustRun(context, ...args) {
  const status = runNpm(context, ...args);
  if (status !== 0) throw new BuildError(`npm ${args[0]} failed with status ${status}`);
}

function install(context) {
  const args = [context.lock ? 'ci' : 'install'];
  args.push(context.development ? '--include=dev' : '--omit=dev');
  const online = needsNetwork(context.manifest, context.lock, context.development);
  if (!online) args.push('--offline');
  for (let attempt = 1; ; attempt += 1) {
    const status = runNpm(context, ...args);
    if (status === 0) return;
    // Without a network there is nothing that a second try would find changed.
    if (!online || attempt === attempts) {
      throw new BuildError(`npm ${args[0]} failed with status ${status} (try ${attempt})`);
    }
    console.log(`build: try ${attempt} of ${attempts} failed, again in ${pauseSeconds} s`);
    spawnSync('sleep', [String(pauseSeconds)]);
  }
}

function lockFile(folder) {
  const name = ['npm-shrinkwrap.json', 'package-lock.json'].find((candidate) =>
    fs.existsSync(path.join(folder, candidate)));
  return name && readObject(path.join(folder, name));
}

function build(output) {
  const place = packageFolder(output);
  const folder = path.join(output, place ?? '.');
  const manifest = place === undefined ? {} : readObject(path.join(folder, 'package.json'));
  const { version, because } = nodeVersion(manifest);
  console.log(`build: Node ${version} (${because})`);

  if (place === undefined) {
    console.log('build: no package.json: nothing to install');
  } else {
    const runTests = process.env.RUN_TESTS === 'true';
    const hasBuild = typeof manifest.scripts?.build === 'string';
    // What tests and build scripts call is a development dependency: there until both have run.
    const development = (runTests || hasBuild) && asksForDevelopment(manifest);
    const context = { folder, manifest, version, development, lock: lockFile(folder) };
    install(context);
    if (hasBuild) mustRun(context, 'run', 'build');
    if (runTests) mustRun(context, 'test');
    if (development) mustRun(context, 'prune', '--omit=dev', '--offline');
  }

  const record = path.join(output, '.modplan');
  fs.mkdirSync(record, { recursive: true });
  fs.writeFileSync(path.join(record, 'runtime'), `node ${version}\n`);
  fs.writeFileSync(path.join(record, 'package'), `${place ?? '.'}\n`);
}

try {
  build(process.argv[2]);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
