import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { IncidentChangeKind, IncidentChangedSchema, Severity } from '#contracts';
import { Database, DatabaseModule } from '#database';
import { EventLogModule } from '#event-log';
import { Health, provideSetting } from '#kernel';
import { eventually, requires, testApp, type TestApp } from '#testkit';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stopTheKafka, theKafka } from './kafka-world-maker.js';

@Injectable()
class Correlator {
  constructor(
    readonly database: Database,
    readonly health: Health,
  ) {}
}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'correlator', migrations: [] }),
    EventLogModule.forService({ service: 'correlator' }),
  ],
  providers: [Correlator],
})
class CorrelatorModule {}

requires({ kafka: true })('docs/examples/incidents-from-kafka.js', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-example-'));
  const descriptors = path.join(directory, 'gnomon.binpb');
  let brokers: string;
  let app: TestApp;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    ({ brokers } = await theKafka());
    provideSetting('EVENT_LOG', 'kafka');
    provideSetting('KAFKA_BROKERS', brokers);
    app = await testApp({ imports: [CorrelatorModule] });
    // The example reads a topic that is there, as it would in an installation that runs.
    await eventually(async () => expect(await app.get(Correlator).health.readiness()).toMatchObject({ ready: true }), {
      timeoutMs: 60_000,
    });
    const built = spawnSync('buf', ['build', '-o', descriptors], { encoding: 'utf8' });
    expect(built).toMatchObject({ status: 0, stderr: '' });
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await app.close();
    await stopTheKafka();
    rmSync(directory, { recursive: true, force: true });
  });

  async function change(incidentId: string, version: number, title: string): Promise<void> {
    await app.get(Correlator).database.transaction(async (tx) =>
      tx.append(
        IncidentChangedSchema,
        {
          incidentId,
          incident: { id: incidentId, severity: Severity.HIGH, title, alertCount: version, version: BigInt(version) },
          changes: [version === 1 ? IncidentChangeKind.CREATED : IncidentChangeKind.ALERT_ADDED],
        },
        { tenantId: 't1' },
      ),
    );
  }

  it('prints every change once, and goes on where it was', async () => {
    await change('one', 1, 'Erster');
    await change('one', 2, 'Erster');
    // As a relay does that died before it could remember.
    await change('one', 2, 'Erster');
    const first = run();
    await eventually(() => expect(first.lines()).toHaveLength(2), { timeoutMs: 30_000 });
    expect(first.lines()).toMatchObject([
      { tenantId: 't1', incidentId: 'one', changes: ['INCIDENT_CHANGE_KIND_CREATED'], title: 'Erster', alertCount: 1 },
      { tenantId: 't1', incidentId: 'one', severity: 'SEVERITY_HIGH', alertCount: 2 },
    ]);
    await first.stop();
    await change('two', 1, 'Zweiter');
    const second = run();
    await eventually(() => expect(second.lines()).toMatchObject([{ incidentId: 'two', title: 'Zweiter' }]), {
      timeoutMs: 30_000,
    });
    await second.stop();
  });

  function run(): { lines(): unknown[]; stop(): Promise<void> } {
    const started = spawn(process.execPath, ['--no-warnings', 'docs/examples/incidents-from-kafka.js', descriptors], {
      env: { PATH: process.env['PATH'], KAFKA_BROKERS: brokers },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    let text = '';
    started.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return {
      lines: () =>
        text
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as unknown),
      stop: async () => {
        const ended = once(started, 'exit');
        started.kill('SIGTERM');
        expect(await ended).toEqual([0, null]);
      },
    };
  }
});
