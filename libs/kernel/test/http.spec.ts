import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Module, Post, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  DomainError,
  KernelModule,
  StructuredLogger,
  closeApp,
  createHttpApp,
  listen,
  provideSetting,
  readBody,
} from '#kernel';
import type { FastifyRequest } from 'fastify';

@Controller()
class SampleController {
  @Post('v1/length')
  @HttpCode(200)
  async length(@Req() request: FastifyRequest): Promise<{ length: number }> {
    return { length: (await readBody(request, { maxBytes: 1000, maxInflatedBytes: 5000 })).length };
  }

  @Post('parsed')
  parsed(): void {}

  @Get('busy')
  busy(): never {
    throw new DomainError('overloaded', 'sample.busy', 'Too much at once.', { retryAfterSeconds: 2.2 });
  }

  @Get('broken')
  broken(): never {
    throw new Error('password is hunter2');
  }
}

@Module({ imports: [KernelModule], controllers: [SampleController] })
class SampleModule {}

describe('HTTP', () => {
  let app: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    provideSetting('HTTP_BODY_SECONDS', '1');
    app = await createHttpApp(SampleModule, { logger: new StructuredLogger('silent') });
    url = await listen(app, 0, '127.0.0.1');
  });
  afterAll(() => closeApp(app));

  const post = (body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/v1/length`, { method: 'POST', body: new Uint8Array(body), headers });

  it('hands a body over as it is, whatever its type, and unpacks gzip', async () => {
    for (const type of ['application/json', 'application/x-protobuf', 'text/plain']) {
      expect(await (await post(Buffer.from('{"a":'), { 'Content-Type': type })).json()).toEqual({ length: 5 });
    }
    const packed = await post(gzipSync('x'.repeat(4000)), { 'Content-Encoding': 'gzip' });
    expect(await packed.json()).toEqual({ length: 4000 });
  });

  it('refuses what is too large before and after unpacking', async () => {
    expect((await post(Buffer.alloc(1001))).status).toBe(413);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.alloc(65_536)) });
    const streamed = await fetch(`${url}/v1/length`, { method: 'POST', body: endless, duplex: 'half' });
    expect(streamed.status).toBe(413);
    const bomb = await post(gzipSync('x'.repeat(5001)), { 'Content-Encoding': 'gzip' });
    expect(bomb.status).toBe(413);
    expect(await bomb.json()).toMatchObject({ code: 'body.too-large', field: 'body' });
  });

  it('says what is wrong with broken gzip and unknown encodings', async () => {
    const broken = await post(Buffer.from('not gzip'), { 'Content-Encoding': 'gzip' });
    expect([broken.status, await broken.json()]).toEqual([400, expect.objectContaining({ code: 'body.unreadable' })]);
    const cut = await post(gzipSync('x'.repeat(500)).subarray(0, 12), { 'Content-Encoding': 'gzip' });
    expect(cut.status).toBe(400);
    const unknown = await post(Buffer.from('x'), { 'Content-Encoding': 'br' });
    expect(await unknown.json()).toMatchObject({ code: 'body.unsupported-encoding', field: 'Content-Encoding' });
  });

  /** Sends text as it is, and answers all that comes back until the server closes the connection. */
  async function exchange(request: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(request);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, 'close');
    return answer;
  }

  it('gives up a body that does not come', async () => {
    for (const path of ['/v1/length', '/parsed']) {
      const answer = await exchange(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
      );
      expect([path, answer.split('\r\n', 1)[0]]).toEqual([path, 'HTTP/1.1 408 Request Timeout']);
    }
  });

  it('takes targets that name the host', async () => {
    const head = 'Host: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n';
    const answer = await exchange(`POST http://gnomon.example/v1/length?x HTTP/1.1\r\n${head}\r\n{}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*"length":2/s);
  });

  it('answers clients that offer HTTP/2 in passing', async () => {
    const offer = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    expect(await exchange(`GET /healthz HTTP/1.1\r\nHost: x\r\n${offer}\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('answers an expected failure as problem details', async () => {
    const answer = await fetch(`${url}/busy`);
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '3']);
    expect(answer.headers.get('Content-Type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 503, code: 'sample.busy', title: 'Too much at once.' });
  });

  it('shows nothing of an unexpected one but its correlation id', async () => {
    const answer = await fetch(`${url}/broken`, { headers: { 'X-Correlation-Id': 'trace-0001' } });
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', correlationId: 'trace-0001' });
  });

  it('answers health and metrics, and 404 as problem details', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('gnomon_process_cpu_seconds_total');
    const missing = await fetch(`${url}/nowhere`);
    expect([missing.status, await missing.json()]).toEqual([404, expect.objectContaining({ code: 'http.404' })]);
  });
});
