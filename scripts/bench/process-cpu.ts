import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts a process's time in ticks of a hundredth of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  /** Ticks of the process and of its ended children. */
  readonly ticks: number;
  /** Ticks of the process alone. */
  readonly own: number;
}

/** CPU seconds (user and system) of one process so far. */
export function processCpuSeconds(pid: number): number {
  return (readStat(pid)?.own ?? 0) / TICKS_PER_SECOND;
}

/** CPU seconds of a process and everything it started, the ended ones included: a server with its database. */
export function treeCpuSeconds(root: number): number {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (stat) stats.set(pid, stat);
  }
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at && at > 1; at = stats.get(at)?.parent) if (at === root) return true;
    return false;
  };
  let ticks = 0;
  for (const [pid, stat] of stats) if (belongs(pid)) ticks += stat.ticks;
  return ticks / TICKS_PER_SECOND;
}

/** From `/proc/PID/stat` (proc_pid_stat(5)): fields 4, 14 and 15, 16 and 17. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const own = fields[11]! + fields[12]!;
    return { parent: fields[1]!, own, ticks: own + fields[13]! + fields[14]! };
  } catch {
    return undefined;
  }
}
