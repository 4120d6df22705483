'use strict';
// The app of the truth table. It dies of what it is asked for:
//   /exit?N     exits with status N
//   /allocate   takes memory until the kernel ends it
//   /child      has a child do so, and lives on
//   /many       has a hundred small processes do so together
// With /mnt/tmp/fail there, it exits with status 1 as it starts.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');

if (fs.existsSync('/mnt/tmp/fail')) process.exit(1);

const kept = [];

/** In pieces, so that the kernel's own pace sets when it ends. */
function allocate() {
  kept.push(Buffer.alloc(4 << 20, 1));
  setImmediate(allocate);
}

// Some MiB each, held in a variable of the shell; two processes each, far from the process limit.
const small =
  'held=12345678; while [ ${#held} -lt 4000000 ]; do held=$held$held; done; sleep 30; : "$held"';

http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  response.end('as you like\n');
  switch (url.pathname) {
    case '/exit':
      return response.on('close', () => process.exit(Number(url.search.slice(1))));
    case '/allocate':
      return allocate();
    case '/child':
      return spawn('tail', ['/dev/zero'], { stdio: 'ignore' });
    case '/many':
      for (let count = 0; count < 60; count += 1) spawn('sh', ['-c', small], { stdio: 'ignore' });
  }
}).listen(Number(process.env.PORT));
