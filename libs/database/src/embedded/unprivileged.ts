import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** As whom Postgres runs, and how it is started so. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** A program with its arguments, ready to spawn. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly identity: Identity;
}

const NOBODY = 65_534;
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => existsSync(file));

/**
 * Postgres refuses to run as root. Where we are root, it runs as the owner of its data directory, else as the system's
 * `postgres` user, else as nobody.
 */
export function postgresIdentity(dataDirectory: string): Identity {
  if (process.getuid?.() !== 0) return {};
  const owner = existsSync(dataDirectory) ? statSync(dataDirectory) : undefined;
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return userNamed('postgres') ?? { uid: NOBODY, gid: NOBODY };
}

/**
 * How to start a program under an identity. With setpriv it also ends when this process is killed, and can reach a
 * checkout below a directory that only root may enter (such as root's home).
 *
 * @param paths what the program must be able to reach
 */
export function commandAs(
  identity: Identity,
  file: string,
  args: readonly string[],
  paths: readonly string[],
): Command {
  const drops = identity.uid !== undefined;
  if (!SETPRIV) {
    const closed = drops ? paths.map(closedDirectory).find((directory) => directory !== undefined) : undefined;
    if (closed)
      throw new Error(
        `Postgres cannot run as root, and no other user may enter ${closed}. Allow it (chmod o+x) or start as another user.`,
      );
    return { file, args, identity };
  }
  const options = ['--pdeathsig', 'INT'];
  if (drops) {
    options.push('--reuid', String(identity.uid), '--regid', String(identity.gid), '--clear-groups');
    if (paths.some((each) => closedDirectory(each) !== undefined)) {
      options.push('--inh-caps', '+dac_override', '--ambient-caps', '+dac_override');
    }
  }
  return { file: SETPRIV, args: [...options, '--', file, ...args], identity: {} };
}

/** The first directory on the way to `target` that other users may not enter. */
function closedDirectory(target: string): string | undefined {
  const OTHERS_ENTER = 0o001;
  const parts = path.resolve(target).split(path.sep).slice(1, -1);
  let directory: string = path.sep;
  for (const part of parts) {
    directory = path.join(directory, part);
    if (existsSync(directory) && (statSync(directory).mode & OTHERS_ENTER) === 0) return directory;
  }
  return undefined;
}

function userNamed(name: string): Identity | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(':') ?? [];
    return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
  } catch {
    return undefined;
  }
}
