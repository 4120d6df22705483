'use strict';
// Greets with $GREETING, and misbehaves on request, so that a demonstration and the tests can
// watch what the supervision makes of it:
//   /                a greeting
//   /about           what the build script made
//   /whoami          user, capabilities, Node's version, memory limit, as JSON
//   /crash?code=N    exits with status N (default 1), or dies of signal S with ?signal=SIGSEGV
//   /allocate?mb=N   takes N MiB of memory and keeps it (default 64)
//   /fill?mb=N       writes up to N MiB to the volume (default 4096), tells where it ended and why,
//                    and frees it again
//   /write?path=P    tries to write the file P, and tells how that went
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const greet = require('greeting');

const mebibyte = 1 << 20;
const kept = [];

function whoami() {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  const field = (name) => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1];
  return {
    uid: process.getuid(),
    gid: process.getgid(),
    effectiveCapabilities: field('CapEff'),
    boundingCapabilities: field('CapBnd'),
    noNewPrivileges: field('NoNewPrivs'),
    node: process.version,
    servoSize: process.env.SERVO_SIZE ?? null,
  };
}

/** Writes until the limit or an error, and takes its file away again. */
function fill(limit) {
  const file = '/mnt/tmp/fill';
  const block = Buffer.alloc(mebibyte, 1);
  const descriptor = fs.openSync(file, 'w');
  let written = 0;
  let error = null;
  try {
    while (written < limit * mebibyte) written += fs.writeSync(descriptor, block);
    fs.fsyncSync(descriptor);
  } catch (failure) {
    error = failure.code;
  } finally {
    fs.closeSync(descriptor);
    fs.unlinkSync(file);
  }
  return { mebibytes: Math.floor(written / mebibyte), error };
}

function write(file) {
  try {
    fs.writeFileSync(file, 'written\n', { flag: 'wx' });
    fs.unlinkSync(file);
    return { path: file, error: null };
  } catch (failure) {
    return { path: file, error: failure.code };
  }
}

const number = (text, otherwise) => (/^\d{1,6}$/.test(text ?? '') ? Number(text) : otherwise);

function answer(url, response) {
  const query = url.searchParams;
  const json = (value) => response.end(`${JSON.stringify(value)}\n`);
  switch (url.pathname) {
    case '/':
      return response.end(greet(process.env.GREETING ?? 'hello', 'node'));
    case '/about':
      return response.end(fs.readFileSync(path.join(__dirname, 'dist/about.json')));
    case '/whoami':
      return json(whoami());
    case '/crash': {
      const signal = query.get('signal');
      const die = () =>
        signal ? process.kill(process.pid, signal) : process.exit(number(query.get('code'), 1));
      return response.end('crashing\n', die);
    }
    case '/allocate':
      for (let left = number(query.get('mb'), 64); left > 0; left -= 1) {
        kept.push(Buffer.alloc(mebibyte, 1));
      }
      return json({ kept: kept.length });
    case '/fill':
      return json(fill(number(query.get('mb'), 4096)));
    case '/write':
      return json(write(query.get('path') ?? '/etc/probe'));
    default:
      response.statusCode = 404;
      return response.end('not found\n');
  }
}

const server = http.createServer((request, response) => {
  try {
    answer(new URL(request.url, 'http://localhost'), response);
  } catch (failure) {
    response.statusCode = 500;
    response.end(`${failure.message}\n`);
  }
});

server.listen(Number(process.env.PORT ?? 8080), () => {
  console.log(`listening on ${server.address().port}`);
});

// Open requests end first.
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
