'use strict';
// What a process sees of the container around it, as one value for the contract tests.
const fs = require('node:fs');
const path = require('node:path');

/** The text of the first of these files that can be read; control groups have two layouts. */
function first(...files) {
  for (const file of files) {
    try {
      return fs.readFileSync(file, 'utf8').trim();
    } catch {
      continue;
    }
  }
  return null;
}

const lines = (file) => fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);

function fields(file) {
  return Object.fromEntries(lines(file).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
}

function oneProcess(pid) {
  const status = fields(`/proc/${pid}/status`);
  return {
    pid: Number(pid),
    parent: Number(status.PPid),
    name: status.Name,
    state: status.State[0],
    users: status.Uid.split(/\s+/).map(Number),
    groups: status.Gid.split(/\s+/).map(Number),
    capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => status[set]),
    noNewPrivileges: status.NoNewPrivs,
    seccomp: status.Seccomp,
    residentKiB: parseInt(status.VmRSS, 10),
    oomScore: Number(first(`/proc/${pid}/oom_score_adj`)),
  };
}

function processes() {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      return [oneProcess(pid)];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

function mounts() {
  return lines('/proc/self/mountinfo').map((line) => {
    const [own, superblock] = line.split(' - ').map((part) => part.split(' '));
    return { point: own[4], options: own[5].split(','), optional: own.slice(6),
      type: superblock[0], superOptions: superblock[2].split(',') };
  });
}

function limits() {
  return Object.fromEntries(lines('/proc/self/limits').slice(1).map((line) => {
    const [name, soft, hard] = line.split(/\s{2,}/);
    return [name, [soft, hard]];
  }));
}

function devices(folder = '/dev') {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return devices(name);
    if (entry.isCharacterDevice()) return [`c ${name}`];
    return entry.isBlockDevice() ? [`b ${name}`] : [];
  });
}

function listeningPorts() {
  const ports = ['tcp', 'tcp6'].flatMap((table) =>
    lines(`/proc/net/${table}`).slice(1).map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === '0A')
      .map((columns) => columns[1].split(':'))
      // The engine's own name server is there on every network that is not its default.
      .filter(([address]) => address !== '0B00007F')
      .map(([, port]) => parseInt(port, 16)));
  return [...new Set(ports)];
}

function entry(name) {
  const status = fs.lstatSync(name);
  const type = status.isDirectory() ? 'folder' : status.isFile() ? 'file' : 'other';
  return { type, mode: status.mode & 0o7777, user: status.uid, group: status.gid };
}

function volume() {
  const names = fs.readdirSync('/mnt').filter((name) => name !== 'lost+found');
  return Object.fromEntries([['.', entry('/mnt')],
    ...names.map((name) => [name, entry(path.join('/mnt', name))])]);
}

module.exports = () => ({
  environment: process.env,
  processes: processes(),
  mounts: mounts(),
  limits: limits(),
  devices: devices(),
  listeningPorts: listeningPorts(),
  interfaces: lines('/proc/net/dev').slice(2).map((line) => line.split(':')[0].trim()),
  namespaces: Object.fromEntries(
    fs.readdirSync('/proc/self/ns').map((name) => [name, fs.readlinkSync(`/proc/self/ns/${name}`)])),
  volume: volume(),
  memory: first('/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory.max'),
  memoryAndSwap: first('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes'),
  swap: first('/sys/fs/cgroup/memory.swap.max'),
  processLimit: first('/sys/fs/cgroup/pids/pids.max', '/sys/fs/cgroup/pids.max'),
  init: first('/proc/1/comm'),
});
