import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PERIOD_US = 100_000;
const V1 = '/sys/fs/cgroup/cpu';
const V2 = '/sys/fs/cgroup';

/** Holds processes to a share of one CPU by the kernel's own means (control groups), as an orchestrator does. */
export class CpuLimit {
  private readonly groups: string[] = [];

  private constructor(
    private readonly version: 1 | 2,
    readonly cpus: number,
  ) {}

  /**
   * @param cpus for each process: 0.25 is a quarter of one
   * @returns undefined where this process may not do that: no Linux, no root, or a container without control groups
   */
  static of(cpus: number): CpuLimit | undefined {
    const version = existsSync(path.join(V1, 'cpu.cfs_quota_us')) ? 1 : 2;
    const limit = new CpuLimit(version, cpus);
    try {
      if (version === 2) allowCpu();
      limit.remove(limit.make('probe'));
      return limit;
    } catch {
      return undefined;
    }
  }

  /** From now on; each process for itself. */
  hold(pid: number): void {
    const group = this.make(String(pid));
    this.groups.push(group);
    writeFileSync(path.join(group, 'cgroup.procs'), String(pid));
  }

  /** Removes the groups of processes that have ended. */
  release(): void {
    for (const group of this.groups) this.remove(group);
  }

  private make(name: string): string {
    const group = path.join(this.version === 1 ? V1 : V2, `gnomon-bench-${process.pid}-${name}`);
    mkdirSync(group);
    const quota = Math.round(this.cpus * PERIOD_US);
    if (this.version === 2) writeFileSync(path.join(group, 'cpu.max'), `${quota} ${PERIOD_US}`);
    else writeFileSync(path.join(group, 'cpu.cfs_quota_us'), String(quota));
    return group;
  }

  private remove(group: string): void {
    rmdirSync(group);
  }
}

function allowCpu(): void {
  const file = path.join(V2, 'cgroup.subtree_control');
  if (!readFileSync(file, 'utf8').split(/\s+/).includes('cpu')) writeFileSync(file, '+cpu');
}
