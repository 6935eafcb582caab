import type { Facts } from './facts.js';
import type { Problem } from './manifest.js';
import { isPinned } from './pod-policies.js';

export interface Instruction {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** The instructions of a Dockerfile, continued lines joined, comments left out. */
export function readDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const content = line.replace(/\\$/, '').trim();
    if (open) {
      const last = instructions.pop()!;
      instructions.push({ ...last, value: `${last.value} ${content}` });
    } else {
      const [, name = '', value = ''] = /^(\S+)\s+(.*)$/.exec(content) ?? [];
      instructions.push({ name: name.toUpperCase(), value, line: index + 1 });
    }
    open = line.endsWith('\\');
  }
  return instructions;
}

/** What is wrong with an image: its base, who runs in it, what it is told, whether it says how it is. */
export function dockerfileProblems(text: string, { settings }: Pick<Facts, 'settings'>): Problem[] {
  const all = readDockerfile(text);
  const values = (name: string): string[] => all.filter((each) => each.name === name).map(({ value }) => value);
  const last = all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
  const told = last.filter(({ name }) => name === 'ENV').flatMap(({ value }) => value.match(/\w+(?==)/g) ?? []);
  const problems = [
    ...values('FROM')
      .map((value) => value.split(/\s+/)[0]!)
      .filter((image) => !isPinned(image))
      .map((image) => `the base ${image} is not named by a full version`),
    ...(new Set(values('FROM').map((value) => value.split(/\s+/)[0])).size > 1
      ? ['its stages have several bases']
      : []),
    ...told
      .filter((name) => name.startsWith('GNOMON_') && !settings.has(name))
      .map((name) => `${name} is not a setting`),
    ...(last.some(({ name, value }) => name === 'USER' && /^[1-9]\d*(:[1-9]\d*)?$/.test(value))
      ? []
      : ['it does not run as a user that is not root, by number']),
    ...(last.some(({ name }) => name === 'HEALTHCHECK') ? [] : ['it does not say how it is']),
    ...(last.some(({ name, value }) => name === 'ENTRYPOINT' && value.startsWith('["')) ? [] : ['a shell starts it']),
    ...values('ADD').map((value) => `ADD ${value}: it fetches or unpacks, use COPY`),
    ...values('COPY')
      .filter((value) => /(^|\s)\.\/?\s+\S+$/.test(value) && !value.includes('--from='))
      .map((value) => `COPY ${value}: it takes everything, name what it needs`),
  ];
  return problems.map((what) => ({ where: 'Dockerfile', what }));
}
