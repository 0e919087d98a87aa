import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Datagrams that the kernel dropped at the UDP sockets of processes because their receive buffers were full; since these were opened. */
export function socketDropsOf(pids: readonly number[]): number {
  const inodes = new Set(pids.flatMap(socketsOf));
  const tables = ['/proc/net/udp', '/proc/net/udp6'].filter((path) => existsSync(path));
  const lines = tables.flatMap((path) => readFileSync(path, 'utf8').trim().split('\n').slice(1));
  const drops = lines.map((line) => {
    const fields = line.trim().split(/\s+/);
    return inodes.has(fields[9] ?? '') ? Number(fields[12]) : 0;
  });
  return drops.reduce((sum, count) => sum + count, 0);
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1] ?? [];
    } catch {
      return []; // closed meanwhile
    }
  });
}
