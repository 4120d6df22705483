'use strict';
// An app for the contract tests: tells what it sees, and does on request what an app might try.
//   /facts              the container around it now; /build, the one it was built in
//   /storm?count=N      N short-lived grandchildren whose parent is gone; answers with the zombies
//   /print?mb=N         N MiB on stdout
//   /attack             tries to take the volume's layout apart, and tells how each try went
//   /connect?host=&port=
//   /end?code=N         exits; or dies of ?signal=S
//   /stubborn           ignores SIGTERM from here on
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { promisify } = require('node:util');
const facts = require('./facts.js');

const pause = promisify(setTimeout);

async function storm(count) {
  const script = 'i=0; while [ $i -lt "$1" ]; do (sleep 0.01 &); i=$((i + 1)); done';
  await promisify(execFile)('sh', ['-c', script, 'sh', String(count)]);
  await pause(500);
  return facts().processes.filter((one) => one.state === 'Z' || one.name === 'sleep');
}

async function print(mebibytes) {
  const line = `${'x'.repeat(1023)}\n`.repeat(64);
  for (let left = mebibytes * 16; left > 0; left -= 1) {
    if (!process.stdout.write(line)) await new Promise((go) => process.stdout.once('drain', go));
  }
}

const attacks = {
  remove: () => fs.unlinkSync('/mnt/supervisor.conf'),
  overwrite: () => fs.writeFileSync('/mnt/supervisor.conf', 'x'),
  append: () => fs.appendFileSync('/mnt/supervisor.conf', 'x'),
  chmod: () => fs.chmodSync('/mnt/supervisor.conf', 0o666),
  chown: () => fs.chownSync('/mnt/supervisor.conf', 441, 444),
  renameOver: () => {
    fs.writeFileSync('/mnt/tmp/mine.conf', 'x');
    fs.renameSync('/mnt/tmp/mine.conf', '/mnt/supervisor.conf');
  },
  renameAway: () => fs.renameSync('/mnt/supervisor.conf', '/mnt/tmp/taken.conf'),
  hardLink: () => fs.linkSync('/mnt/supervisor.conf', '/mnt/tmp/second.conf'),
  createBeside: () => fs.writeFileSync('/mnt/other', 'x'),
  folderBeside: () => fs.mkdirSync('/mnt/other'),
  linkBeside: () => fs.symlinkSync('/etc/passwd', '/mnt/other'),
  moveFolder: () => fs.renameSync('/mnt/notifications', '/mnt/tmp/notifications'),
  removeFolder: () => fs.rmdirSync('/mnt/home'),
  openRoot: () => fs.chmodSync('/mnt', 0o777),
};

function attack() {
  return Object.fromEntries(Object.entries(attacks).map(([name, run]) => {
    try {
      run();
      return [name, 'done'];
    } catch (error) {
      return [name, error.code ?? error.message];
    }
  }));
}

function connect(host, port) {
  return new Promise((done) => {
    const socket = net.connect({ host, port, timeout: 1500 });
    socket.on('connect', () => { socket.destroy(); done('connected'); });
    socket.on('timeout', () => { socket.destroy(); done('timeout'); });
    socket.on('error', (error) => done(error.code));
  });
}

async function answer(url) {
  const query = url.searchParams;
  switch (url.pathname) {
    case '/facts': return facts();
    case '/build': return JSON.parse(fs.readFileSync('build-facts.json', 'utf8'));
    case '/storm': return storm(Number(query.get('count')));
    case '/print': return print(Number(query.get('mb')));
    case '/attack': return attack();
    case '/connect': return connect(query.get('host'), Number(query.get('port')));
    case '/stubborn':
      process.on('SIGTERM', () => {});
      return null;
    case '/end':
      setTimeout(() => (query.has('signal')
        ? process.kill(process.pid, query.get('signal')) : process.exit(Number(query.get('code')))),
      50);
      return null;
    default: return 'probe';
  }
}

http.createServer((request, response) => {
  answer(new URL(request.url, 'http://localhost')).then(
    (value) => response.end(JSON.stringify(value ?? null)),
    (error) => {
      response.statusCode = 500;
      response.end(`${error.stack}\n`);
    });
}).listen(Number(process.env.PORT));
