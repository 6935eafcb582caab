import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fastify from 'fastify';
import { KernelModule, StructuredLogger, closeApp, createHttpApp, listen } from '#kernel';
import { answerBeforeClosing } from '../src/http/drain.js';

/** Holds a request until it is told to answer. */
class Gate {
  private open!: () => void;
  private enter!: () => void;
  readonly entered = new Promise<void>((resolve) => (this.enter = resolve));
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  async pass(): Promise<string> {
    this.enter();
    await this.opened;
    return 'done';
  }

  release(): void {
    this.open();
  }
}

let gate: Gate;

@Controller()
class GateController implements BeforeApplicationShutdown {
  @Get('wait')
  wait(): Promise<string> {
    return gate.pass();
  }

  /** The server is about to close by now. */
  beforeApplicationShutdown(): void {
    setTimeout(() => gate.release(), 100);
  }
}

@Module({ imports: [KernelModule], controllers: [GateController] })
class GateModule {}

describe('a server that closes', () => {
  let app: NestFastifyApplication;
  let url: string;
  beforeEach(async () => {
    gate = new Gate();
    app = await createHttpApp(GateModule, { logger: new StructuredLogger('silent') });
    url = await listen(app, 0, '127.0.0.1');
  });
  afterEach(() => app.close());

  it('answers the requests it has in hand, and takes no more', async () => {
    const answer = fetch(`${url}/wait`);
    await gate.entered;
    await closeApp(app);
    expect(await (await answer).text()).toBe('done');
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('closes at once while connections are only kept alive', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const began = performance.now();
    await closeApp(app);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('answerBeforeClosing', () => {
  it('gives up a request that does not end', async () => {
    const server = fastify({ forceCloseConnections: true });
    answerBeforeClosing(server, 50);
    const arrived = new Promise<void>((resolve) => {
      server.get('/never', () => new Promise(() => resolve()));
    });
    const url = await server.listen({ port: 0, host: '127.0.0.1' });
    const answer = fetch(`${url}/never`).catch(() => 'broken off');
    await arrived;
    await server.close();
    expect(await answer).toBe('broken off');
    const again = createServer().listen(Number(new URL(url).port), '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });
});
