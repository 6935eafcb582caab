import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { composeSchemaProblems, lintProblems, readCompose } from '../compose-file.js';
import { COMPOSE_POLICIES, secretsIn } from '../compose-policies.js';
import { interpolate } from '../interpolate.js';
import { composeFile, ENV, FACTS, read, ROOT } from './repository.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- the file is broken where no type would let us */
type Break = (services: any) => void;

/** By rule: the ways to break it that it has to notice. */
const BREAKS: Record<string, Break[]> = {
  'runs as a user that is not root, by number': [
    (services) => delete services.gateway.user,
    (services) => (services.redis.user = 'root'),
    (services) => (services.kafka.user = '0:0'),
  ],
  'has a read-only root file system': [(services) => delete services.kafka.read_only],
  'drops all capabilities': [
    (services) => (services.proxy.cap_drop = ['NET_RAW']),
    (services) => (services.proxy.cap_add = ['NET_BIND_SERVICE']),
    (services) => (services.policy.privileged = true),
  ],
  'cannot gain privileges': [(services) => delete services.postgres.security_opt],
  'names its image by a full version': [
    (services) => (services.redis.image = 'redis:7'),
    (services) => (services.redis.image = 'redis:latest'),
  ],
  'opens no port but the entrance, and that for this machine': [
    (services) => (services.postgres.ports = ['127.0.0.1:5432:5432']),
    (services) => (services.proxy.ports = ['8080:8080']),
  ],
  'is in no network with a way out but the entrance': [
    (services) => services.kafka.networks.push('outside'),
    (services) => delete services.kafka.networks,
  ],
  'tells how it is, where it stays': [(services) => delete services.redis.healthcheck],
  'waits for what it needs to be well': [
    (services) => (services.gateway.depends_on.postgres.condition = 'service_started'),
    (services) => (services.gateway.depends_on.migrate.condition = 'service_healthy'),
    (services) => (services.gateway.depends_on.zookeeper = { condition: 'service_healthy' }),
  ],
  'every variable of ours is a setting': [(services) => (services.policy.environment.GNOMON_KAFKA_BROKER = 'x')],
};

describe.each([...COMPOSE_POLICIES])('the rule "$name"', (policy) => {
  it('holds for what is in the repository', () => {
    expect(policy.check(composeFile(), FACTS)).toEqual([]);
  });

  it.each(BREAKS[policy.name] ?? [])('notices when it is broken, way %#', (breakIt) => {
    const file = composeFile();
    breakIt(file.services);
    expect(policy.check(file, FACTS)).not.toEqual([]);
  });

  it('is known to notice', () => {
    expect(BREAKS[policy.name]?.length).toBeGreaterThan(0);
  });
});

describe('docker-compose.yml', () => {
  it('keeps to the specification of Compose, which refuses what is misspelled', () => {
    expect(composeSchemaProblems(composeFile())).toEqual([]);
    const file: any = composeFile();
    file.services.gateway.enviroment = {};
    file.services.policy.read_only = [];
    expect(composeSchemaProblems(file).map(({ where }) => where)).toEqual(
      expect.arrayContaining(['docker-compose.yml /services/gateway', 'docker-compose.yml /services/policy/read_only']),
    );
  });

  it('keeps to dclint, which finds mistakes', () => {
    expect(lintProblems(path.join(ROOT, 'docker-compose.yml'))).toEqual([]);
    const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-compose-'));
    try {
      const file = path.join(directory, 'docker-compose.yml');
      writeFileSync(file, 'name: x\nservices:\n  a:\n    image: redis\n    ports: ["6379:6379"]\n');
      expect(lintProblems(file).map(({ what }) => what.split(':')[0])).toEqual(
        expect.arrayContaining(['service-image-require-explicit-tag', 'no-unbound-port-interfaces']),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('says which variable is missing, and what to do', () => {
    for (const name of Object.keys(ENV))
      expect(() => readCompose(read('docker-compose.yml'), { ...ENV, [name]: '' })).toThrow(
        new RegExp(`required variable ${name} is missing a value: run "sh compose/make-env.sh`),
      );
  });

  it('gets all of them from the command that it names, each fresh and long enough', () => {
    const made = [1, 2].map(
      () => spawnSync('sh', [path.join(ROOT, 'compose/make-env.sh')], { encoding: 'utf8' }).stdout,
    );
    const variables = Object.fromEntries(
      made[0]!
        .trim()
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    );
    expect(Object.keys(variables).sort()).toEqual(Object.keys(ENV).sort());
    for (const value of Object.values(variables)) expect(value).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(made.join('\n').match(/[0-9a-f]{64}/g)).size).toBe(8);
    expect(readCompose(read('docker-compose.yml'), variables).services['gateway']!.environment).toMatchObject({
      GNOMON_SECRET_KEY: variables['GNOMON_SECRET_KEY'],
      GNOMON_DATABASE_URL: `postgres://gnomon:${variables['POSTGRES_PASSWORD']}@postgres:5432/gnomon`,
    });
  });

  it('holds no secret, and it is noticed when it does', () => {
    const text = read('docker-compose.yml');
    expect(secretsIn(text)).toEqual([]);
    expect(secretsIn(`${text}\n      POSTGRES_PASSWORD: hunter2\n`)).toHaveLength(1);
    expect(secretsIn(`${text}\n      X: 0123456789abcdef0123456789abcdef0123\n`)).toHaveLength(1);
  });
});

describe('variables in a Compose file', () => {
  it.each([
    ['$$A ${A} ${B:-b} ${B-b} ${E:-e} [${E-e}]', '$A 1 b b e []'],
    ['${B:-postgres://${x}}', 'postgres://${x}'],
  ])('are put in: %s', (text, result) => {
    expect(interpolate({ k: [text] }, { A: '1', E: '' })).toEqual({ k: [result] });
  });

  it.each([
    ['${A:?make it}', 'required variable A is missing a value: make it'],
    ['${A}', 'A is not set'],
    ['$(date)', 'is no variable'],
    ['a $', 'is no variable'],
  ])('are refused: %s', (text, reason) => {
    expect(() => interpolate(text, {})).toThrow(reason);
  });
});
